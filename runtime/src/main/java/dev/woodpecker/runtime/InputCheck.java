package dev.woodpecker.runtime;

import dev.woodpecker.runtime.graph.DimensionBinding;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compares what a run is given with what the model expects. */
final class InputCheck {
    private InputCheck() {}

    /**
     * @throws InvalidInputException naming everything that does not fit, and what is expected
     */
    static void check(Model model, Map<String, NdArray> inputs) {
        Graph graph = model.graph();
        List<String> problems = new ArrayList<>();
        for (String name : inputs.keySet()) {
            if (!graph.inputs().contains(name)) {
                problems.add("there is no input '" + name + "'");
            }
        }
        Map<String, int[]> shapes = new LinkedHashMap<>();
        for (String name : graph.inputs()) {
            NdArray given = inputs.get(name);
            Optional<TensorType> wanted = graph.type(name);
            if (given == null) {
                problems.add("input '" + name + "' is missing");
            } else if (wanted.isPresent()) {
                shapes.put(name, given.shape());
                if (given.type() != wanted.get().element()) {
                    problems.add("input '" + name + "' has elements of type "
                            + wanted.get().element().text() + ", and is given "
                            + given.type().text());
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidInputException(String.join("; ", problems) + ". Expected: " + expected(model));
        }
        try {
            DimensionBinding.check(graph, model.options().dimensions(), shapes);
        } catch (InvalidInputException wrong) {
            throw new InvalidInputException(wrong.getMessage() + ". Expected: " + expected(model));
        }
    }

    private static String expected(Model model) {
        List<String> texts = new ArrayList<>();
        model.inputs().forEach((name, type) -> texts.add("'" + name + "': " + type));
        return String.join(", ", texts);
    }
}

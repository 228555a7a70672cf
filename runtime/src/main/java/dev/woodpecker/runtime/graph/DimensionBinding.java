package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.InvalidInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Fixes the symbolic dimensions of a graph, by name or by the shapes of what a run is given. */
public final class DimensionBinding {

    private final Graph graph;
    private final Map<String, Integer> extents = new LinkedHashMap<>();

    private DimensionBinding(Graph graph) {
        this.graph = graph;
    }

    /** The names of the dimensions that are still open, in the order of the inputs. */
    public static Set<String> symbols(Graph graph) {
        Set<String> symbols = new LinkedHashSet<>();
        for (String input : graph.inputs()) {
            Optional<TensorType> type = graph.type(input);
            for (Dimension dimension : type.isPresent() ? type.get().shape().dimensions() : List.<Dimension>of()) {
                if (dimension instanceof Dimension.Symbolic(String name)) {
                    symbols.add(name);
                }
            }
        }
        return symbols;
    }

    /**
     * The graph with its dimensions fixed.
     *
     * @param dimensions extents by the name of the dimension
     * @param inputShapes extents by the name of the input; need not name all inputs
     * @throws InvalidInputException if these contradict the graph or each other, or leave a dimension open
     */
    public static Graph bind(Graph graph, Map<String, Integer> dimensions, Map<String, int[]> inputShapes) {
        DimensionBinding binding = of(graph, dimensions, inputShapes);
        Map<String, TensorType> types = new LinkedHashMap<>();
        graph.types().forEach((value, type) -> types.put(value, binding.substituted(type)));
        return graph.withTypes(types);
    }

    /**
     * Whether the dimensions can be fixed so.
     *
     * @throws InvalidInputException as {@link #bind} does
     */
    public static void check(Graph graph, Map<String, Integer> dimensions, Map<String, int[]> inputShapes) {
        DimensionBinding _ = of(graph, dimensions, inputShapes);
    }

    private static DimensionBinding of(Graph graph, Map<String, Integer> dimensions, Map<String, int[]> inputShapes) {
        DimensionBinding binding = new DimensionBinding(graph);
        for (Map.Entry<String, Integer> dimension : dimensions.entrySet()) {
            binding.bindName(dimension.getKey(), dimension.getValue());
        }
        for (Map.Entry<String, int[]> shape : inputShapes.entrySet()) {
            binding.bindInput(shape.getKey(), shape.getValue());
        }
        List<String> open = new ArrayList<>(symbols(graph));
        open.removeAll(binding.extents.keySet());
        if (!open.isEmpty()) {
            throw new InvalidInputException("open dimensions " + open + " of " + binding.inputs()
                    + ": give their extents by name, or inputs that have them");
        }
        return binding;
    }

    private String inputs() {
        List<String> texts = new ArrayList<>();
        graph.inputs()
                .forEach(input -> texts.add(
                        input + graph.type(input).map(type -> ": " + type).orElse("")));
        return String.join(", ", texts);
    }

    private void bindName(String name, int extent) {
        Set<String> symbols = symbols(graph);
        if (!symbols.contains(name)) {
            throw new InvalidInputException("no dimension '" + name + "' in " + inputs()
                    + (symbols.isEmpty() ? ": all are fixed" : ": open are " + symbols));
        }
        if (extent < 0) {
            throw new InvalidInputException("dimension '" + name + "' cannot be " + extent);
        }
        extents.put(name, extent);
    }

    private void bindInput(String input, int[] given) {
        if (!graph.inputs().contains(input)) {
            throw new InvalidInputException("no input '" + input + "'; there are " + inputs());
        }
        Optional<TensorType> known = graph.type(input);
        if (known.isEmpty()) {
            throw new InvalidInputException("the type of input '" + input + "' is not known");
        }
        TensorType type = known.get();
        List<Dimension> wanted = type.shape().dimensions();
        if (wanted.size() != given.length) {
            throw new InvalidInputException("input '" + input + "' has rank " + wanted.size() + ", " + type
                    + ", and is given rank " + given.length + ", " + Arrays.toString(given));
        }
        for (int axis = 0; axis < given.length; axis++) {
            bindAxis(wanted.get(axis), given[axis], "axis " + axis + " of input '" + input + "', " + type + ",");
        }
    }

    private void bindAxis(Dimension wanted, int given, String place) {
        if (wanted instanceof Dimension.Known(int extent) && extent != given) {
            throw new InvalidInputException(place + " is " + extent + ", and " + given + " is given");
        }
        if (wanted instanceof Dimension.Symbolic(String name)) {
            Integer earlier = extents.putIfAbsent(name, given);
            if (earlier != null && earlier != given) {
                throw new InvalidInputException(
                        place + " is given as " + given + ", but dimension '" + name + "' is already " + earlier);
            }
        }
    }

    private TensorType substituted(TensorType type) {
        return new TensorType(
                type.element(),
                new Shape(type.shape().dimensions().stream()
                        .map(dimension ->
                                dimension instanceof Dimension.Symbolic(String name) && extents.containsKey(name)
                                        ? new Dimension.Known(extents.get(name))
                                        : dimension)
                        .toList()));
    }
}

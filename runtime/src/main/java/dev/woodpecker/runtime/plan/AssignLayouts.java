package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.program.CopyProgram;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides how every value lies in memory, for the whole graph at once ({@link LayoutSearch}), and puts copies where a
 * producer's and a reader's layouts differ. Inputs and outputs stay row-major.
 *
 * <pre>
 * y = conv2d(x, w)        x2: as 0,1/16,2,3,1%16 = copy(x); w2: as 0/32,1/16,... = copy(w)
 * z = relu(y)        ->   y: as 0,1/16,2,3,1%16 = conv2d(x2, w2); z: as 0,1/16,2,3,1%16 = relu(y)
 *                         z2 = copy(z)
 * </pre>
 */
final class AssignLayouts {
    private final KernelGraph graph;
    private final LayoutFacts facts;
    /** Of each operation. */
    private final List<Map<String, LayoutMap>> chosen;

    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, TensorType> types;
    private final Map<String, LayoutMap> layouts = new HashMap<>();
    private final Map<String, String> copies = new HashMap<>();

    private AssignLayouts(KernelGraph graph, LayoutPreferences preferences) {
        this.graph = graph;
        this.facts = LayoutFacts.of(graph);
        this.chosen = LayoutSearch.chosen(facts, preferences);
        this.types = new LinkedHashMap<>(graph.types());
    }

    static KernelGraph apply(KernelGraph graph, LayoutPreferences preferences) {
        return new AssignLayouts(graph, preferences).assign();
    }

    private KernelGraph assign() {
        for (int i = 0; i < graph.operations().size(); i++) {
            add(graph.operations().get(i), chosen.get(i));
        }
        List<String> outputs = new ArrayList<>();
        Map<String, String> renamed = new HashMap<>();
        for (String output : graph.outputs()) {
            String value = rowMajor(output);
            if (!value.equals(output)) {
                renamed.put(output, value);
            }
            outputs.add(value);
        }
        return renameOutputs(outputs, renamed);
    }

    /** A copy that became an output takes over the output's name, and what it copies gets another. */
    private KernelGraph renameOutputs(List<String> outputs, Map<String, String> renamed) {
        Map<String, String> names = new HashMap<>();
        renamed.forEach((output, copy) -> {
            names.put(output, copy);
            names.put(copy, output);
        });
        List<Operation> result = operations.stream()
                .map(operation -> switch (operation) {
                    case Operation.View view ->
                        (Operation)
                                new Operation.View(view.name(), name(view.input(), names), name(view.output(), names));
                    case Operation.Kernel kernel -> kernel.renamed(v -> name(v, names));
                    case Operation.Part _, Operation.Join _ -> throw LayoutFacts.shared(operation);
                })
                .toList();
        Map<String, LayoutMap> newLayouts = new HashMap<>();
        layouts.forEach((value, layout) -> newLayouts.put(name(value, names), layout));
        Map<String, TensorType> newTypes = new LinkedHashMap<>();
        types.forEach((value, type) -> newTypes.put(name(value, names), type));
        return new KernelGraph(
                graph.inputs(),
                graph.constants(),
                result,
                outputs.stream().map(v -> name(v, names)).toList(),
                newTypes,
                newLayouts);
    }

    private static String name(String value, Map<String, String> names) {
        return names.getOrDefault(value, value);
    }

    private void add(Operation operation, Map<String, LayoutMap> layoutsOfIt) {
        List<String> inputs = new ArrayList<>();
        for (int i = 0; i < operation.inputs().size(); i++) {
            inputs.add(as(operation.inputs().get(i), facts.layoutOfInput(operation, i, layoutsOfIt)));
        }
        for (int i = 0; i < operation.outputs().size(); i++) {
            set(operation.outputs().get(i), facts.layoutOfOutput(operation, i, layoutsOfIt));
        }
        operations.add(
                switch (operation) {
                    case Operation.View view -> new Operation.View(view.name(), inputs.getFirst(), view.output());
                    case Operation.Kernel kernel -> kernel.withInputs(inputs);
                    case Operation.Part _, Operation.Join _ -> throw LayoutFacts.shared(operation);
                });
    }

    private String rowMajor(String value) {
        return as(value, LayoutMap.rowMajor(shape(value).length));
    }

    /** The value in this layout: itself, or a copy that all readers share. */
    private String as(String value, LayoutMap wanted) {
        LayoutMap layout = simplified(value, wanted);
        if (layout.equals(layout(value))) {
            return value;
        }
        return copies.computeIfAbsent(value + " as " + layout.text(), copy -> {
            TensorType type = type(value);
            operations.add(new Operation.Kernel(
                    "copy(" + value + ")",
                    "Copy",
                    CopyProgram.of(type.element(), shape(value)),
                    List.of(value),
                    List.of(copy)));
            types.put(copy, type);
            set(copy, layout);
            return copy;
        });
    }

    private void set(String value, LayoutMap layout) {
        LayoutMap simplified = simplified(value, layout);
        if (!simplified.isRowMajor()) {
            layouts.put(value, simplified);
        }
    }

    private LayoutMap simplified(String value, LayoutMap layout) {
        return Layouts.simplified(layout, shape(value));
    }

    private LayoutMap layout(String value) {
        LayoutMap layout = layouts.get(value);
        return layout == null ? LayoutMap.rowMajor(shape(value).length) : layout;
    }

    private int[] shape(String value) {
        return type(value).shape().extents();
    }

    private TensorType type(String value) {
        TensorType type = types.get(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }
}

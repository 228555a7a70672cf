package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Operations in the order in which they run, on named values of known types.
 *
 * @param constants values that are known when the plan is made, row-major
 * @param types of every value
 * @param layouts of the values that are not row-major
 */
public record KernelGraph(
        List<String> inputs,
        Map<String, NdArray> constants,
        List<Operation> operations,
        List<String> outputs,
        Map<String, TensorType> types,
        Map<String, LayoutMap> layouts) {
    public KernelGraph {
        inputs = List.copyOf(inputs);
        constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
        operations = List.copyOf(operations);
        outputs = List.copyOf(outputs);
        types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
        layouts = Collections.unmodifiableMap(new LinkedHashMap<>(layouts));
    }

    /** The type of a value. */
    public TensorType type(String value) {
        TensorType type = types.get(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }

    public LayoutMap layout(String value) {
        LayoutMap layout = layouts.get(value);
        return layout == null ? LayoutMap.rowMajor(type(value).shape().rank()) : layout;
    }

    public KernelGraph withOperations(List<Operation> newOperations) {
        return new KernelGraph(inputs, constants, newOperations, outputs, types, layouts);
    }

    /** How many operations read each value, and one more for each output of the graph. */
    Map<String, Integer> readers() {
        Map<String, Integer> readers = new HashMap<>();
        operations.forEach(operation ->
                operation.inputs().stream().distinct().forEach(value -> readers.merge(value, 1, Integer::sum)));
        outputs.forEach(value -> readers.merge(value, 1, Integer::sum));
        return readers;
    }

    /** One line an operation: for tests and {@code explain}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Operation operation : operations) {
            text.append(String.join(
                            ", ",
                            operation.outputs().stream().map(this::described).toList()))
                    .append(" = ")
                    .append(
                            switch (operation) {
                                case Operation.Kernel kernel -> kernel.program().name();
                                case Operation.View _ -> "view";
                                case Operation.Part part -> "part of %d bytes on".formatted(part.offsetBytes());
                                case Operation.Join _ -> "join";
                            })
                    .append('(')
                    .append(String.join(", ", operation.inputs()))
                    .append(") # ")
                    .append(operation.name())
                    .append('\n');
        }
        return text.toString();
    }

    private String described(String value) {
        LayoutMap layout = layout(value);
        return value + ": " + type(value) + (layout.isRowMajor() ? "" : " as " + layout.text());
    }
}

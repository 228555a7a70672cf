package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the choice of layouts needs to know of a graph's values.
 *
 * @param fixed values that are computed once, from constants alone: their copies cost nothing
 */
record LayoutFacts(KernelGraph graph, Set<String> fixed) {
    /** Under this name a view says how both of its values lie. */
    static final String VIEW = "view";

    static LayoutFacts of(KernelGraph graph) {
        Set<String> fixed = new HashSet<>(graph.constants().keySet());
        for (Operation operation : graph.operations()) {
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
            }
        }
        return new LayoutFacts(graph, Set.copyOf(fixed));
    }

    boolean isFixed(String value) {
        return fixed.contains(value);
    }

    int[] shape(String value) {
        return graph.type(value).shape().extents();
    }

    LayoutMap rowMajor(String value) {
        return LayoutMap.rowMajor(shape(value).length);
    }

    /** Row-major where that is the same memory. */
    LayoutMap simplified(String value, LayoutMap layout) {
        return Layouts.simplified(layout, shape(value));
    }

    boolean pads(String value, LayoutMap layout) {
        return Layouts.pads(layout, shape(value));
    }

    long bytes(String value, LayoutMap layout) {
        return Layouts.elements(layout, shape(value))
                * graph.type(value).element().bytes();
    }

    /** How an operation reads its input at this position, where {@code chosen} are the layouts of its tensors. */
    LayoutMap layoutOfInput(Operation operation, int position, Map<String, LayoutMap> chosen) {
        String tensor = operation instanceof Operation.Kernel kernel
                ? kernel.program().inputs().get(position).name()
                : VIEW;
        String value = operation.inputs().get(position);
        LayoutMap layout = chosen.get(tensor);
        return layout == null ? rowMajor(value) : simplified(value, layout);
    }

    /** How an operation leaves its output at this position. */
    LayoutMap layoutOfOutput(Operation operation, int position, Map<String, LayoutMap> chosen) {
        String value = operation.outputs().get(position);
        LayoutMap layout = switch (operation) {
            case Operation.Kernel kernel ->
                chosen.get(kernel.program().outputs().get(position));
            case Operation.View view ->
                Layouts.seenAs(layoutOfInput(view, 0, chosen), shape(view.input()), shape(view.output()))
                        .orElse(rowMajor(value));
            case Operation.Part _, Operation.Join _ -> throw shared(operation);
        };
        return layout == null ? rowMajor(value) : simplified(value, layout);
    }

    static IllegalStateException shared(Operation operation) {
        return new IllegalStateException("'" + operation.name() + "' shares memory before its layout is known");
    }
}

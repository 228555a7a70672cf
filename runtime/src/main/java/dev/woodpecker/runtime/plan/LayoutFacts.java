package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.util.HashSet;
import java.util.Set;

/**
 * What the choice of layouts needs to know of a graph's values.
 *
 * @param fixed values that are computed once, from constants alone: their copies cost nothing
 */
record LayoutFacts(KernelGraph graph, Set<String> fixed) {
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
}

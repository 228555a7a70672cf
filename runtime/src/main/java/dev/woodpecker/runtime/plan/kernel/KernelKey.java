package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Trace;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a compiled kernel depends on, for one target and numerics: operations with equal keys share it.
 *
 * @param layouts of the inputs and outputs that are not row-major, by their name in the program
 * @param trace the schedule; empty for the default one for these layouts
 */
public record KernelKey(TensorProgram program, Map<String, LayoutMap> layouts, Optional<Trace> trace) {
    public KernelKey {
        layouts = java.util.Collections.unmodifiableMap(new TreeMap<>(layouts));
    }

    /** A kernel with its default schedule. */
    public KernelKey(TensorProgram program, Map<String, LayoutMap> layouts) {
        this(program, layouts, Optional.empty());
    }
}

package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a compiled kernel depends on, for one target and numerics: operations with equal keys share it.
 *
 * @param layouts of the inputs and outputs that are not row-major, by their name in the program
 */
public record KernelKey(TensorProgram program, Map<String, LayoutMap> layouts) {
    public KernelKey {
        layouts = java.util.Collections.unmodifiableMap(new TreeMap<>(layouts));
    }
}

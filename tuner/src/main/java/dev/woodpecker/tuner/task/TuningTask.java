package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.TunableKernel;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A kernel to tune: what it computes, in one or several ways, and where it will run.
 *
 * @param name for people: the operator and its shapes
 * @param variants the first is the one that is taken when nothing was measured, and defines the result
 * @param layouts of inputs and outputs that are not row-major, decided by what is around the kernel
 * @param constants inputs that are weights
 * @param weight how many times the model runs it
 * @param coldWeights whether the weights are read from memory in each run, since the model's do not fit the caches
 */
public record TuningTask(
        String name,
        String operator,
        List<Variant> variants,
        Target target,
        Numerics numerics,
        Map<String, LayoutMap> layouts,
        Set<String> constants,
        double weight,
        boolean coldWeights) {
    public TuningTask {
        variants = List.copyOf(variants);
        layouts = Map.copyOf(layouts);
        constants = Set.copyOf(constants);
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("task " + name + " has no variant");
        }
    }

    /** The task as a plan's kernel: what its records are kept under. */
    public TunableKernel kernel() {
        return new TunableKernel(
                name,
                "",
                operator,
                variants.stream()
                        .map(variant -> new TunableKernel.Alternative(
                                variant.name(), variant.program(), variant.preparation(), variant.constants(constants)))
                        .toList(),
                layouts,
                constants,
                1);
    }
}

package dev.woodpecker.tuner.task;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.TunableModel;
import dev.woodpecker.runtime.plan.TunableKernel;
import java.util.ArrayList;
import java.util.HashMap;
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

    /**
     * A plan's kernel as a task.
     *
     * @param name tells it apart from the plan's others
     * @param coldWeights whether the plan's weights do not fit the caches
     */
    public static TuningTask of(
            TunableKernel kernel, String name, Target target, Numerics numerics, boolean coldWeights) {
        return new TuningTask(
                name,
                kernel.operator(),
                kernel.alternatives().stream()
                        .map(way -> new Variant(way.variant(), way.program(), way.preparation()))
                        .toList(),
                target,
                numerics,
                kernel.layouts(),
                kernel.constants(),
                kernel.count(),
                coldWeights);
    }

    /** The kernels of a model as tasks; those of equal shapes, which can differ in strides or layouts, get a number. */
    public static List<TuningTask> of(TunableModel model, Target target, boolean coldWeights) {
        Map<String, Integer> named = new HashMap<>();
        List<TuningTask> tasks = new ArrayList<>();
        for (TunableKernel kernel : model.kernels()) {
            int count = named.merge(kernel.name(), 1, Integer::sum);
            String name = kernel.name() + (count == 1 ? "" : " #" + count);
            tasks.add(of(kernel, name, target, model.numerics(), coldWeights));
        }
        return List.copyOf(tasks);
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

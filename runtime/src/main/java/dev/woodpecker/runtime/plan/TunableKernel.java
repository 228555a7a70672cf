package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.program.Estimate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A kernel with all that can be chosen of it: one of several algorithms, and that one's schedule.
 *
 * @param name for people: the kernel and the shapes of its inputs
 * @param node the first of the model's nodes that need it
 * @param alternatives the ways to compute it; the first defines the result
 * @param layouts of inputs and outputs that are not row-major, as what is around the kernel has them, for every alternative;
 *     nothing of constants
 * @param constants inputs that are weights, of programs or of their preparations
 * @param count how many times the model runs it
 */
public record TunableKernel(
        String name,
        String node,
        String operator,
        List<Alternative> alternatives,
        Map<String, LayoutMap> layouts,
        Set<String> constants,
        int count) {
    /** By how much an estimate has to be better than that of the first alternative, which is the simplest. */
    private static final double LEAST_GAIN = 1.3;

    public TunableKernel {
        alternatives = List.copyOf(alternatives);
        layouts = Map.copyOf(layouts);
        constants = Set.copyOf(constants);
        if (alternatives.isEmpty()) {
            throw new IllegalArgumentException("kernel " + name + " has no program");
        }
    }

    /**
     * A way to compute the kernel. Alternatives call equal inputs and outputs by equal names; where one has a preparation,
     * some of its inputs are what the preparation makes of weights.
     *
     * <pre>
     * direct:     out = conv(x, w, b)
     * winograd4:  preparation: u = transform(w);     program: out = product(transform(x), u) + b
     * </pre>
     *
     * @param program what runs each time, and what a trace is for
     * @param preparation what runs once; its outputs are inputs of the program. Whoever runs the program on values of its
     *     own must make those by running the preparation on weights
     * @param constants inputs of the program that are weights or come from the preparation: their layout is the schedule's
     *     choice
     */
    public record Alternative(
            String variant, TensorProgram program, Optional<TensorProgram> preparation, Set<String> constants) {
        public Alternative {
            constants = Set.copyOf(constants);
        }
    }

    /**
     * A kernel by itself, with the layouts that it has inside a model.
     *
     * @param programs by variant, the preferred one first; those whose inputs or outputs are other than the first's are
     *     left out, and all but the first where numerics are strict
     * @param weights inputs that are constants
     * @throws IllegalArgumentException if nothing is left that runs each time
     */
    public static TunableKernel of(
            String operator,
            Map<String, TensorProgram> programs,
            Set<String> weights,
            Target target,
            Numerics numerics) {
        Map<String, TensorProgram> allowed = new LinkedHashMap<>();
        programs.forEach((variant, program) -> {
            if (allowed.isEmpty() || numerics.mayReassociate()) {
                allowed.put(variant, program);
            }
        });
        return TunableKernels.alone(
                operator, allowed, weights, program -> DefaultSchedule.preferredLayouts(program, target, numerics));
    }

    /**
     * Which alternative is taken where nothing was measured: the one that is estimated to be fastest by far, if it has a rule
     * for its structure and strict numerics do not forbid it, else the first.
     */
    public int preferred(Target target, Numerics numerics) {
        return preference(target, numerics).alternative();
    }

    /**
     * @param trace of an alternative that is not the first
     */
    record Preference(int alternative, Optional<Trace> trace) {}

    Preference preference(Target target, Numerics numerics) {
        double least = Estimate.multiplyAdds(first().program(), first().constants()) / LEAST_GAIN;
        Preference preferred = new Preference(0, Optional.empty());
        for (int i = 1; i < alternatives.size(); i++) {
            Alternative alternative = alternatives.get(i);
            double estimate = Estimate.multiplyAdds(alternative.program(), alternative.constants());
            Optional<Trace> trace =
                    estimate < least ? DefaultSchedule.serving(space(i, target, numerics)) : Optional.empty();
            if (trace.isPresent()) {
                least = estimate;
                preferred = new Preference(i, trace);
            }
        }
        return preferred;
    }

    private ScheduleSpace space(int alternative, Target target, Numerics numerics) {
        return new ScheduleSpace(
                alternatives.get(alternative).program(),
                target,
                numerics,
                layouts,
                alternatives.get(alternative).constants());
    }

    /** What defines the result. */
    public Alternative first() {
        return alternatives.getFirst();
    }

    TunableKernel times(int newCount) {
        return new TunableKernel(name, node, operator, alternatives, layouts, constants, newCount);
    }
}

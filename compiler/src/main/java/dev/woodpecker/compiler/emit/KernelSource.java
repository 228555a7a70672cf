package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;

/** A kernel from its specification to source text, with each result on the way: what {@code wpk emit} shows. */
public record KernelSource(TensorProgram program, Trace trace, LoweredKernel lowered, String text) {
    /**
     * The source of a kernel with its default schedule, in the layouts that it prefers.
     *
     * @throws dev.woodpecker.compiler.expr.SpecializationException if the binding does not fit the kernel
     */
    public static KernelSource of(KernelSpec spec, Binding binding, Target target, Numerics numerics) {
        return of(Specializer.specialize(spec, binding), target, numerics);
    }

    /** The source of a program with its default schedule, in the layouts that it prefers. */
    public static KernelSource of(TensorProgram program, Target target, Numerics numerics) {
        Map<String, LayoutMap> layouts = DefaultSchedule.preferredLayouts(program, target, numerics);
        return of(program, DefaultSchedule.of(program, target, numerics, layouts), target, numerics);
    }

    /** The source of a program under a trace. */
    public static KernelSource of(TensorProgram program, Trace trace, Target target, Numerics numerics) {
        LoweredKernel lowered = Lowering.lower(program, trace, target, numerics);
        return new KernelSource(program, trace, lowered, CPrinter.print(lowered, dialect(target)));
    }

    /** The language of a target. */
    public static Dialect dialect(Target target) {
        return switch (target.device()) {
            case CPU -> Dialect.C;
            case CUDA -> Dialect.CUDA;
        };
    }
}

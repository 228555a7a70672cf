package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.program.SameNames;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.tuner.cost.cuda.CudaModel;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/**
 * Kernels for workloads, lowered but not compiled: the default schedule's, and the most promising by arithmetic of some that
 * are drawn at random.
 *
 * @param drawn points that are looked at for each workload
 * @param kept of them, the default included
 */
record Drafts(Target target, int drawn, int kept) {
    /** A kernel that may be worth compiling. */
    record Draft(String workload, boolean standard, Map<String, Long> decisions, double seconds, LoweredKernel kernel) {
        /** Its text alone, as a plan compiles it. */
        CudaSource source() {
            Arithmetic arithmetic = kernel.numerics() == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
            return new CudaSource(kernel.name(), CPrinter.print(kernel, Dialect.CUDA), arithmetic);
        }
    }

    /**
     * The default first, then by the model, the fastest first.
     *
     * @param number of the workload: names of kernels are unique in a compilation by it
     */
    List<Draft> of(Workload workload, int number) {
        return of(i -> task(workload, "k" + number + "_" + i + "_"), number);
    }

    /** The same of a model's kernel. */
    List<Draft> of(TuningTask task, long seed) {
        return of(_ -> task, seed);
    }

    /** @param tasks the same but for the names of their programs */
    private List<Draft> of(IntFunction<TuningTask> tasks, long seed) {
        CudaModel model = new CudaModel(target);
        SplittableRandom random = new SplittableRandom(seed);
        Set<Map<String, Long>> seen = new HashSet<>();
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < drawn; i++) {
            TuningTask task = tasks.apply(i);
            boolean standard = i == 0;
            Point point = SearchSpace.of(task)
                    .point(
                            standard
                                    ? Chooser.preferred()
                                    : choice -> choice.domain()
                                            .get(random.nextInt(choice.domain().size())));
            if (point.result() instanceof SpacePoint.Scheduled scheduled && seen.add(point.decisionsByName())) {
                try {
                    TensorProgram program = point.variant().program();
                    LoweredKernel kernel = Lowering.lower(program, scheduled.trace(), target, task.numerics());
                    drafts.add(new Draft(
                            task.name(), standard, point.decisionsByName(), model.seconds(program, kernel), kernel));
                } catch (LoweringException misfit) {
                    // The rules propose what the verifier refuses: a search leaves such a point out as well.
                }
            }
        }
        return drafts.stream()
                .sorted(Comparator.comparing((Draft draft) -> !draft.standard()).thenComparingDouble(Draft::seconds))
                .limit(kept)
                .toList();
    }

    private TuningTask task(Workload workload, String name) {
        List<Variant> variants = new ArrayList<>();
        RuntimeException last = new IllegalArgumentException("no kernel takes " + workload.binding());
        for (CompiledKernel kernel : KernelLibrary.ofClassPath().kernels(workload.operator())) {
            // Minimal filtering wants weights that are transformed once, before; here nothing is.
            if (!kernel.spec().variant().startsWith("winograd")) {
                try {
                    TensorProgram program = Specializer.specialize(
                            kernel.spec(),
                            BindingText.parse(kernel.spec(), name, workload.binding(), workload.elementType()));
                    String variant = kernel.spec().variant();
                    if (variants.isEmpty()) {
                        variants.add(new Variant(variant, program));
                    } else {
                        SameNames.as(variants.getFirst().program(), program)
                                .ifPresent(same -> variants.add(new Variant(variant, same)));
                    }
                } catch (SpecializationException | IllegalArgumentException other) {
                    last = other;
                }
            }
        }
        if (variants.isEmpty()) {
            throw last;
        }
        return new TuningTask(
                workload.name(), workload.operator(), variants, target, workload.mode(), Map.of(), Set.of(), 1, false);
    }
}

package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.Vendors;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.kernel.KernelLoader;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Decides which kernels a vendor's library computes, as {@link Vendors} says, and puts them into plans. */
public final class Selector {
    /** Found when there is something to say: looking for a logger takes 30 ms of a start. */
    private static final class Log {
        private static final System.Logger LOGGER = System.getLogger(Selector.class.getName());
    }

    /** Generated code is kept unless the library is faster by more than this: times repeat no better. */
    private static final double MARGIN = 0.02;

    private final Vendors vendors;
    private final Supplier<Optional<OneDnn>> library;
    private final WorkerPool pool;

    /**
     * @param library loaded when it is first wanted; empty where it is not on the class path
     * @param pool that the model's kernels share
     */
    public Selector(Vendors vendors, Supplier<Optional<OneDnn>> library, WorkerPool pool) {
        this.vendors = vendors;
        this.library = library;
        this.pool = pool;
    }

    /**
     * What was decided.
     *
     * @param comparisons by the place among the plan's invocations
     */
    record Choice(VendorCandidates candidates, Map<Integer, Invocation.Comparison> comparisons) {
        static final Choice NONE = new Choice(VendorCandidates.NONE, Map.of());

        CompiledPlan in(CompiledPlan plan) {
            List<Invocation> invocations = new ArrayList<>();
            for (int i = 0; i < plan.invocations().size(); i++) {
                Invocation invocation = plan.invocations().get(i);
                invocations.add(invocation.with(invocation.vendor(), Optional.ofNullable(comparisons.get(i))));
            }
            return plan.withInvocations(invocations);
        }
    }

    /** Makes a plan of generated kernels beside which these calls stand. */
    @FunctionalInterface
    interface Trial {
        CompiledPlan plan(VendorCandidates candidates, Arena arena);
    }

    /** Which of a graph's kernels the library computes. */
    Choice choose(KernelGraph graph, Trial trial, KernelLoader loader) {
        if (!vendors.looksForKernels()) {
            return Choice.NONE;
        }
        OneDnn found = library.get().orElseThrow(() -> OneDnn.missing("vendor kernels were asked for"));
        VendorCandidates candidates = VendorCandidates.of(graph);
        if (candidates.calls().isEmpty()) {
            return Choice.NONE;
        }
        try (Arena arena = Arena.ofShared()) {
            ExecutablePlan generated = trial.plan(candidates, arena).load(loader);
            ExecutablePlan bound = VendorBinding.bind(generated, found, pool.size(), arena);
            return choice(candidates, PlanParts.of(graph).runningKernels(), generated, bound);
        }
    }

    /** All that a GPU's libraries may compute, beside the generated kernels: on the device it is seen what is faster. */
    Choice onDevice(KernelGraph graph) {
        return vendors.looksForKernels() ? new Choice(VendorCandidates.of(graph, true), Map.of()) : Choice.NONE;
    }

    private Choice choice(
            VendorCandidates candidates,
            List<Operation.Kernel> kernels,
            ExecutablePlan generated,
            ExecutablePlan bound) {
        List<PlanComparison.Times> times = vendors == Vendors.ONLY ? List.of() : times(generated, bound);
        Set<String> chosen = new HashSet<>();
        Map<Integer, Invocation.Comparison> comparisons = new HashMap<>();
        for (int i = 0; i < kernels.size(); i++) {
            Invocation ours = generated.invocations().get(i);
            Invocation theirs = bound.invocations().get(i);
            boolean isThere = theirs.kernel() != ours.kernel();
            boolean isTimed = i < times.size();
            boolean isFaster = isTimed && times.get(i).second() < times.get(i).first() * (1 - MARGIN);
            if (isThere && (isFaster || vendors == Vendors.ONLY)) {
                chosen.add(kernels.get(i).outputs().getFirst());
            }
            if (isThere && isTimed) {
                double first = times.get(i).first();
                double second = times.get(i).second();
                comparisons.put(
                        i,
                        isFaster
                                ? new Invocation.Comparison(ours.implementation(), second, first)
                                : new Invocation.Comparison(theirs.implementation(), first, second));
            }
        }
        return new Choice(candidates.only(chosen::contains), comparisons);
    }

    /** None if a kernel refuses the numbers that inputs are made up of: then nothing is chosen. */
    private List<PlanComparison.Times> times(ExecutablePlan generated, ExecutablePlan bound) {
        try {
            return PlanComparison.of(generated, bound, pool);
        } catch (OperatorException e) {
            Log.LOGGER.log(
                    Level.WARNING,
                    "vendor kernels cannot be timed on random inputs, and none is taken: {0}",
                    e.getMessage());
            return List.of();
        }
    }

    /**
     * The plan with the library's kernels where it says so.
     *
     * @param arena how long their weights are needed
     */
    public ExecutablePlan bind(ExecutablePlan plan, Arena arena) {
        if (vendors == Vendors.NONE || !VendorBinding.isWanted(plan)) {
            return plan;
        }
        Optional<OneDnn> found = library.get();
        if (found.isEmpty()) {
            Log.LOGGER.log(
                    Level.WARNING,
                    "the plan has kernels of oneDNN, which is not on the class path: the generated kernels that it"
                            + " also has run instead. Add {0}",
                    OneDnn.COORDINATES);
            return VendorBinding.withoutLibrary(plan);
        }
        return VendorBinding.bind(plan, found.get(), pool.size(), arena);
    }
}

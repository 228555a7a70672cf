package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.pass.GraphPasses;
import dev.woodpecker.runtime.graph.pass.RemoveIdentities;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.inference.GraphInference;
import dev.woodpecker.runtime.plan.inference.InferredGraph;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.toolchain.Source;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** From a graph whose inputs have known shapes to a plan: the passes, in order. */
public final class Planner implements PlanSource {
    /** Collecting so much takes some 20 milliseconds. */
    private static final long SMALL_HEAP_BYTES = 64L << 20;

    private final String model;
    private final KernelBinder binder;
    private final KernelStore store;
    private final KernelStore constantStore;
    private final Schedules schedules;
    private final MemoryGuard guard;
    private final Selector selector;

    /**
     * @param model its name in messages
     * @param schedules what is known of faster ways to compute kernels than the default
     */
    public Planner(
            String model,
            KernelBinder binder,
            KernelStore store,
            Schedules schedules,
            MemoryGuard guard,
            Selector selector) {
        this(model, binder, store, store, schedules, guard, selector);
    }

    /**
     * @param store makes the kernels of plans, perhaps for another machine
     * @param constantStore makes for this machine what is run now, on weights alone
     */
    public Planner(
            String model,
            KernelBinder binder,
            KernelStore store,
            KernelStore constantStore,
            Schedules schedules,
            MemoryGuard guard,
            Selector selector) {
        this.selector = selector;
        this.constantStore = constantStore;
        this.schedules = schedules;
        this.model = model;
        this.binder = binder;
        this.store = store;
        this.guard = guard;
    }

    /**
     * A plan of a graph, or of the part of it whose shapes do not depend on elements that it computes.
     *
     * @param pinned inputs for whose elements alone the plan holds; not among its inputs
     * @param rest what to do after it, if it is but a part
     */
    public record Planned(RunnablePlan plan, Map<String, NdArray> pinned, Optional<InferredGraph.Rest> rest) {}

    /**
     * @param graph its inputs' extents are known
     * @param elements of inputs, asked for where shapes or attributes depend on them
     * @param arena how long the plan's constants are needed
     * @throws dev.woodpecker.runtime.UnsupportedModelException listing every node that no kernel can serve
     * @throws dev.woodpecker.runtime.MemoryLimitException if it needs more memory than there is
     */
    @Override
    public Planned plan(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
        Compiled compiled = compile(graph, elements, arena, false);
        ExecutablePlan plan = selector.bind(compiled.plan().load(store.loader()), arena);
        giveBackWeights(graph);
        collectSmallHeap();
        return new Planned(plan, compiled.pinned(), compiled.rest());
    }

    /** Most are read only to lay them out anew; those that kernels read as they are come back when these first run. */
    private static void giveBackWeights(Graph graph) {
        graph.constants().values().forEach(constant -> NativeMemory.giveBack(constant.memory()));
    }

    /**
     * Weights that folding made are freed when they are collected, which a heap that little is left in does not come to
     * by itself. A heap that is large, and perhaps others', is left alone.
     */
    private static void collectSmallHeap() {
        if (Runtime.getRuntime().totalMemory() <= SMALL_HEAP_BYTES) {
            System.gc();
        }
    }

    /** The same, not loaded. */
    public record Compiled(CompiledPlan plan, Map<String, NdArray> pinned, Optional<InferredGraph.Rest> rest) {}

    /** What {@link #plan} would load, with generated kernels also where a vendor's library was chosen. */
    public Compiled compile(Graph graph, Function<String, Optional<NdArray>> elements, Arena arena) {
        return compile(graph, elements, arena, true);
    }

    private Compiled compile(
            Graph graph, Function<String, Optional<NdArray>> elements, Arena arena, boolean keepsReplaced) {
        InferredGraph inferred = infer(graph, elements);
        KernelGraph scheduled = scheduled(inferred);
        // Folding has read them.
        giveBackWeights(graph);
        Selector.Choice choice = choice(scheduled);
        CompiledPlan plan =
                PlanBuilder.build(scheduled, store, constantStore, arena, guard, choice.candidates(), keepsReplaced);
        return new Compiled(choice.in(plan), inferred.pinned(), inferred.rest());
    }

    private Selector.Choice choice(KernelGraph scheduled) {
        if (store.target().isCuda()) {
            return selector.onDevice(scheduled);
        }
        // Kernels for another machine cannot be timed on this one.
        return store.target().equals(constantStore.target())
                ? selector.choose(
                        scheduled,
                        (candidates, trial) ->
                                PlanBuilder.build(scheduled, store, constantStore, trial, guard, candidates, true),
                        store.loader())
                : Selector.Choice.NONE;
    }

    /** What {@link #plan} would compile by the store that makes plans' kernels. */
    public List<Source> sources(Graph graph, Function<String, Optional<NdArray>> elements) {
        KernelGraph scheduled = scheduled(infer(graph, elements));
        PlanParts parts = PlanParts.of(scheduled);
        return store.sources(
                PlanBuilder.keys(scheduled, store == constantStore ? parts.kernels() : parts.runningKernels()));
    }

    /** What {@link #plan} would compile for this machine, to run it once on weights. */
    public List<Source> constantSources(Graph graph, Function<String, Optional<NdArray>> elements) {
        KernelGraph scheduled = scheduled(infer(graph, elements));
        return constantStore.sources(
                PlanBuilder.keys(scheduled, PlanParts.of(scheduled).fixedKernels()));
    }

    /** The kernels that {@link #plan} would run, each once, with all that there is to choose of them. */
    public List<TunableKernel> tunableKernels(Graph graph, Function<String, Optional<NdArray>> elements) {
        return TunableKernels.of(laidOut(infer(graph, elements)));
    }

    private InferredGraph infer(Graph graph, Function<String, Optional<NdArray>> elements) {
        return GraphInference.infer(model, RemoveIdentities.apply(graph), binder, elements);
    }

    private KernelGraph scheduled(InferredGraph inferred) {
        KernelGraph graph = laidOut(inferred);
        UnaryOperator<KernelGraph> choose =
                kernels -> ChooseSchedules.apply(kernels, schedules, store.target(), store.numerics(), store::whyUnfit);
        return guard.limitBytes().isEmpty()
                ? choose.apply(graph)
                : new MemoryFit(
                                choose,
                                chosen -> PlanBuilder.memoryBytes(chosen, store),
                                guard.limitBytes().getAsLong())
                        .fit(graph);
    }

    private KernelGraph laidOut(InferredGraph inferred) {
        KernelGraph kernels = kernels(inferred);
        checkSizes(kernels);
        return ShareMemory.apply(AssignLayouts.apply(kernels, store::preferredLayouts));
    }

    /** The kernels of a graph, joined, and what they compute from weights alone apart. */
    private KernelGraph kernels(InferredGraph inferred) {
        Graph graph = GraphPasses.apply(
                inferred.graph(),
                store.numerics(),
                store.target().isCuda() ? 1 : store.target().lanes(DType.F32.bytes()));
        // Another algorithm sums in another order.
        KernelGraph operations = store.numerics().mayReassociate()
                ? KernelGraphBuilder.withVariants(model, graph, inferred.kernels(), binder)
                : KernelGraphBuilder.build(model, graph, inferred.kernels(), binder);
        return HoistConstantStages.apply(FusePrologues.apply(FuseKernels.apply(operations)));
    }

    /** Refuses a value that no memory could hold before anything is compiled or allocated. */
    private void checkSizes(KernelGraph kernels) {
        for (Operation operation : kernels.operations()) {
            for (String output : operation.outputs()) {
                TensorType type = kernels.type(output);
                long bytes = type.element().bytes();
                for (int extent : type.shape().extents()) {
                    bytes = extent == 0 ? 0 : bytes > Long.MAX_VALUE / extent ? Long.MAX_VALUE : bytes * extent;
                }
                guard.check("'" + output + "', " + type + ", the result of node '" + operation.name() + "',", bytes);
            }
        }
    }
}

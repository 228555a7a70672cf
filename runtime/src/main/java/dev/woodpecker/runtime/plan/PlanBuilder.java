package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.plan.kernel.KernelKey;
import dev.woodpecker.runtime.plan.kernel.KernelStore;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.plan.program.Layouts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a plan of a graph whose layouts are assigned: compiles its kernels, places its values in memory, and runs what
 * depends on constants alone.
 */
final class PlanBuilder {
    private final KernelGraph graph;
    private final PlanParts parts;
    private final Map<KernelKey, CompiledKernel> kernels;
    private final Map<KernelKey, LoadedKernel> constantKernels;
    private final VendorCandidates vendors;
    private final boolean keepsReplaced;

    private PlanBuilder(
            KernelGraph graph,
            PlanParts parts,
            Map<KernelKey, CompiledKernel> kernels,
            Map<KernelKey, LoadedKernel> constantKernels,
            VendorCandidates vendors,
            boolean keepsReplaced) {
        this.vendors = vendors;
        this.keepsReplaced = keepsReplaced;
        this.graph = graph;
        this.parts = parts;
        this.kernels = kernels;
        this.constantKernels = constantKernels;
    }

    /**
     * @param store makes the kernels that run
     * @param constantStore makes those that are run now, on weights alone; the same where both are for this machine
     * @param arena how long the plan's constants are needed
     * @param vendors what a library is to compute
     * @param keepsReplaced whether the constants of kernels in whose place the library comes are made as well, for where
     *     it is missing; they are {@link MemorySegment#NULL} otherwise
     */
    static CompiledPlan build(
            KernelGraph graph,
            KernelStore store,
            KernelStore constantStore,
            Arena arena,
            MemoryGuard guard,
            VendorCandidates vendors,
            boolean keepsReplaced) {
        PlanParts parts = PlanParts.of(graph);
        if (store == constantStore) {
            // All in one batch: compilers run side by side.
            store.compile(keys(graph, parts.kernels()));
        }
        Map<KernelKey, CompiledKernel> running = store.compile(keys(graph, parts.runningKernels()));
        Map<KernelKey, LoadedKernel> fixed = constantStore.load(keys(graph, parts.fixedKernels()));
        return new PlanBuilder(graph, parts, running, fixed, vendors, keepsReplaced).build(arena, guard);
    }

    static List<KernelKey> keys(KernelGraph graph, List<Operation.Kernel> kernels) {
        return kernels.stream().map(kernel -> key(graph, kernel)).toList();
    }

    /** What a plan of a graph takes, weights as its kernels want them included. */
    static long memoryBytes(KernelGraph graph, KernelStore store) {
        PlanParts parts = PlanParts.of(graph);
        Map<KernelKey, CompiledKernel> running = store.compile(keys(graph, parts.runningKernels()));
        PlanBuilder builder = new PlanBuilder(graph, parts, running, Map.of(), VendorCandidates.NONE, true);
        List<String> constants = builder.wantedConstants();
        Set<String> all = new HashSet<>(constants);
        // The model's own weights stay, whether kernels read them as they are or not.
        all.addAll(graph.constants().keySet());
        return builder.placement(constants).arenaBytes()
                + all.stream().mapToLong(value -> bytes(graph, value)).sum();
    }

    private ValuePlacement placement(List<String> constants) {
        Map<String, Integer> positions = new HashMap<>();
        constants.forEach(value -> positions.put(value, positions.size()));
        List<List<Long>> workspaces = parts.running().stream()
                .map(operation -> operation instanceof Operation.Kernel kernel
                        ? Objects.requireNonNull(kernels.get(key(graph, kernel)))
                                .workspaceBytes()
                        : List.<Long>of())
                .toList();
        return ValuePlacement.of(
                graph,
                parts,
                positions,
                v -> bytes(graph, v),
                workspaces,
                OverwrittenInputs.of(graph, parts, this::storesOnce));
    }

    /** A library's kernel may write sums of a part of the terms. */
    private boolean storesOnce(Operation.Kernel kernel) {
        return vendors.of(kernel).isEmpty()
                && Objects.requireNonNull(kernels.get(key(graph, kernel))).storesOnce();
    }

    private CompiledPlan build(Arena arena, MemoryGuard guard) {
        List<String> constants = wantedConstants();
        ValuePlacement placement = placement(constants);
        guard.check("the values between the model's kernels", placement.arenaBytes());
        List<KernelKey> order = List.copyOf(kernels.keySet());
        Map<KernelKey, Integer> positions = new HashMap<>();
        order.forEach(key -> positions.put(key, positions.size()));
        List<Invocation> invocations = new ArrayList<>();
        for (int step = 0; step < parts.running().size(); step++) {
            if (parts.running().get(step) instanceof Operation.Kernel kernel) {
                int position = Objects.requireNonNull(positions.get(key(graph, kernel)));
                invocations.add(invocation(kernel, position, placement, step));
            }
        }
        List<MemorySegment> memory = ConstantValues.make(
                constants, neededConstants(), graph, parts, v -> bytes(graph, v), this::loaded, arena);
        return new CompiledPlan(
                values(graph.inputs()),
                values(graph.outputs()),
                order.stream()
                        .map(key -> Objects.requireNonNull(kernels.get(key)))
                        .toList(),
                memory,
                invocations,
                placement.copies(),
                parts.fixedKernels().size(),
                placement.arenaBytes());
    }

    private Invocation invocation(Operation.Kernel kernel, int position, ValuePlacement placement, int step) {
        List<BufferSource> buffers = new ArrayList<>();
        kernel.inputs().forEach(value -> buffers.add(placement.source(value)));
        kernel.outputs().forEach(value -> buffers.add(placement.source(value)));
        buffers.addAll(placement.workspaces().get(step));
        String shapes = String.join(
                ", ",
                kernel.outputs().stream()
                        .map(value -> graph.type(value).toString())
                        .toList());
        // By definition, whichever algorithm computes it: speeds are comparable.
        Cost cost = Cost.of(kernel.algorithms().getFirst().program());
        return new Invocation(
                        kernel.name(), kernel.operator(), position, buffers, cost, shapes, kernel.implementation())
                .with(vendors.of(kernel).map(found -> vendorCall(kernel, found, placement)), Optional.empty());
    }

    private VendorCall vendorCall(
            Operation.Kernel kernel, VendorCandidates.Candidate candidate, ValuePlacement placement) {
        List<BufferSource> buffers = new ArrayList<>();
        candidate.values().forEach(value -> buffers.add(placement.source(value)));
        buffers.add(placement.source(kernel.outputs().getFirst()));
        return new VendorCall(candidate.kernel(), buffers, candidate.element());
    }

    private LoadedKernel loaded(Operation.Kernel kernel) {
        return Objects.requireNonNull(constantKernels.get(key(graph, kernel)));
    }

    /** Constants, and values computed from them alone, that running operations or outputs read. */
    private List<String> wantedConstants() {
        Set<String> known = new LinkedHashSet<>(graph.constants().keySet());
        parts.fixed().forEach(operation -> known.addAll(operation.outputs()));
        Set<String> wanted = new LinkedHashSet<>();
        parts.running().forEach(operation -> operation.inputs().forEach(value -> wanted.add(parts.root(value))));
        graph.outputs().forEach(value -> wanted.add(parts.root(value)));
        vendors.calls().values().forEach(call -> call.values().forEach(value -> wanted.add(parts.root(value))));
        wanted.retainAll(known);
        return List.copyOf(wanted);
    }

    /** Of these, those that are read by what runs. */
    private Set<String> neededConstants() {
        Set<String> needed = new HashSet<>();
        for (Operation operation : parts.running()) {
            Optional<VendorCandidates.Candidate> vendor =
                    operation instanceof Operation.Kernel kernel ? vendors.of(kernel) : Optional.empty();
            vendor.ifPresent(call -> call.values().forEach(value -> needed.add(parts.root(value))));
            if (vendor.isEmpty() || keepsReplaced) {
                operation.inputs().forEach(value -> needed.add(parts.root(value)));
            }
        }
        graph.outputs().forEach(value -> needed.add(parts.root(value)));
        return needed;
    }

    private List<Value> values(List<String> names) {
        return names.stream().map(name -> new Value(name, graph.type(name))).toList();
    }

    private static KernelKey key(KernelGraph graph, Operation.Kernel kernel) {
        TensorProgram program = kernel.program();
        Map<String, LayoutMap> layouts = new HashMap<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            putLayout(
                    graph,
                    layouts,
                    program.inputs().get(i).name(),
                    kernel.inputs().get(i));
        }
        for (int i = 0; i < kernel.outputs().size(); i++) {
            putLayout(graph, layouts, program.outputs().get(i), kernel.outputs().get(i));
        }
        return new KernelKey(program, layouts, kernel.trace());
    }

    private static void putLayout(KernelGraph graph, Map<String, LayoutMap> layouts, String tensor, String value) {
        LayoutMap layout = graph.layout(value);
        if (!layout.isRowMajor()) {
            layouts.put(tensor, layout);
        }
    }

    /** Bytes of a value as it lies in memory. */
    static long bytes(KernelGraph graph, String value) {
        TensorType type = graph.type(value);
        return Layouts.elements(graph.layout(value), type.shape().extents())
                * type.element().bytes();
    }
}

package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import dev.woodpecker.runtime.vendor.onednn.SplitKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts a library's kernels into a plan that says where they are to come, and lays their weights out as they want them. */
final class VendorBinding {
    private final ExecutablePlan plan;
    private final OneDnn library;
    private final int workers;
    private final Arena arena;
    private final List<LoadedKernel> kernels;
    private final List<MemorySegment> constants;
    /** Positions of laid out weights, by what they were and the kernel that wanted them so. */
    private final Map<List<Object>, Integer> packed = new HashMap<>();

    private VendorBinding(ExecutablePlan plan, OneDnn library, int workers, Arena arena) {
        this.workers = workers;
        this.plan = plan;
        this.library = library;
        this.arena = arena;
        this.kernels = new ArrayList<>(plan.kernels());
        this.constants = new ArrayList<>(plan.constants());
    }

    /**
     * The plan with the library's kernels wherever an invocation has a call of it, and the library has good code for that
     * on this machine.
     *
     * @param workers how many are to share a kernel
     */
    static ExecutablePlan bind(ExecutablePlan plan, OneDnn library, int workers, Arena arena) {
        return new VendorBinding(plan, library, workers, arena).bind();
    }

    /** Whether a plan says of a kernel that a library is to compute it. */
    static boolean isWanted(ExecutablePlan plan) {
        for (Invocation invocation : plan.invocations()) {
            if (invocation.vendor().isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** The plan as it is, which says of each kernel that oneDNN was to compute that it is missing. */
    static ExecutablePlan withoutLibrary(ExecutablePlan plan) {
        return plan.withInvocations(plan.invocations().stream()
                .map(i -> i.vendor().isEmpty() ? i : replacing(i, "oneDNN is missing"))
                .toList());
    }

    private static Invocation replacing(Invocation invocation, String reason) {
        return invocation
                .with(Optional.empty(), invocation.comparison())
                .by(invocation.kernel(), invocation.buffers(), invocation.implementation() + " (" + reason + ")");
    }

    private ExecutablePlan bind() {
        List<Invocation> invocations =
                plan.invocations().stream().map(this::bound).toList();
        return new ExecutablePlan(
                plan.inputs(),
                plan.outputs(),
                kernels,
                used(invocations),
                invocations,
                plan.copies(),
                plan.constantKernels(),
                plan.arenaBytes());
    }

    private Invocation bound(Invocation invocation) {
        if (invocation.vendor().isEmpty()) {
            return invocation;
        }
        VendorCall call = invocation.vendor().get();
        Optional<SplitKernel> made = SplitKernel.of(library, call.kernel(), workers, arena);
        if (made.isEmpty()) {
            return replacing(invocation, "oneDNN has none");
        }
        SplitKernel kernel = made.get();
        List<BufferSource> buffers = new ArrayList<>(call.buffers());
        if (call.kernel().hasFixedWeights() && buffers.get(1) instanceof BufferSource.Constant(int position)) {
            int place = packed.computeIfAbsent(List.of(position, call.kernel()), _ -> {
                constants.add(kernel.packed(plan.constants().get(position), arena));
                return constants.size() - 1;
            });
            buffers.set(1, new BufferSource.Constant(place));
        }
        String name = "oneDNN " + kernel.implementation();
        kernels.add(new LoadedKernel("/* " + name + " */", kernel.code(), List.of(), List.of()));
        return invocation.by(kernels.size() - 1, buffers, name);
    }

    /** Without what only kernels had read that do not run any more. */
    private List<MemorySegment> used(List<Invocation> invocations) {
        Set<Integer> read = new HashSet<>();
        invocations.forEach(invocation -> invocation.buffers().forEach(source -> add(source, read)));
        plan.copies().forEach(copy -> add(copy.from(), read));
        List<MemorySegment> kept = new ArrayList<>();
        for (int i = 0; i < constants.size(); i++) {
            kept.add(read.contains(i) ? constants.get(i) : MemorySegment.NULL);
        }
        return kept;
    }

    private static void add(BufferSource source, Set<Integer> constants) {
        if (source instanceof BufferSource.Constant(int position)) {
            constants.add(position);
        }
    }
}

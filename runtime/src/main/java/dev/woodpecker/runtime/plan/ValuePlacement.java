package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.ExecutablePlan.Copy;
import dev.woodpecker.runtime.plan.MemoryPlanner.Placement;
import dev.woodpecker.runtime.plan.MemoryPlanner.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Where each value of a plan lies: inputs and outputs with the caller, constants with the plan, everything else in the
 * arena, where values that do not live at the same time share memory.
 *
 * @param sources of the memory of values that have their own
 * @param workspaces of each running operation's kernel
 */
record ValuePlacement(
        PlanParts parts,
        Map<String, BufferSource> sources,
        ToLongFunction<String> bytes,
        List<List<BufferSource>> workspaces,
        List<Copy> copies,
        long arenaBytes) {

    /** The memory of a value, which may be a part of another's. */
    BufferSource source(String value) {
        PlanParts.Place place = parts.place(value);
        BufferSource source = sources.get(place.value());
        if (source == null) {
            throw new IllegalStateException("'" + value + "' has no place in memory");
        }
        boolean whole = place.offsetBytes() == 0
                && (place.value().equals(value) || bytes.applyAsLong(value) == bytes.applyAsLong(place.value()));
        if (whole) {
            return source;
        }
        if (source instanceof BufferSource.Arena(long offset, long _)) {
            return new BufferSource.Arena(offset + place.offsetBytes(), bytes.applyAsLong(value));
        }
        throw new IllegalStateException(
                "'" + value + "' is a part of '" + place.value() + "', which is not in the arena");
    }

    /**
     * @param constants positions of the constants by name
     * @param bytes of a value as it lies in memory
     * @param workspaceBytes of the kernel of each running operation
     */
    static ValuePlacement of(
            KernelGraph graph,
            PlanParts parts,
            Map<String, Integer> constants,
            ToLongFunction<String> bytes,
            List<List<Long>> workspaceBytes) {
        return new Builder(graph, parts, bytes).place(constants, workspaceBytes);
    }

    private static final class Builder {
        private final KernelGraph graph;
        private final PlanParts parts;
        private final ToLongFunction<String> bytes;
        private final Map<String, BufferSource> sources = new HashMap<>();
        private final List<Request> requests = new ArrayList<>();

        Builder(KernelGraph graph, PlanParts parts, ToLongFunction<String> bytes) {
            this.graph = graph;
            this.parts = parts;
            this.bytes = bytes;
        }

        ValuePlacement place(Map<String, Integer> constants, List<List<Long>> workspaceBytes) {
            for (int i = 0; i < graph.inputs().size(); i++) {
                sources.put(graph.inputs().get(i), new BufferSource.Input(i));
            }
            constants.forEach((name, position) -> sources.put(name, new BufferSource.Constant(position)));
            List<Integer> copied = placeOutputs();
            Map<String, Integer> requestOf = requestValues(copied);
            List<List<Integer>> requestsOfWorkspaces = new ArrayList<>();
            for (int step = 0; step < workspaceBytes.size(); step++) {
                List<Integer> ofStep = new ArrayList<>();
                for (long size : workspaceBytes.get(step)) {
                    ofStep.add(request(size, step, step));
                }
                requestsOfWorkspaces.add(ofStep);
            }
            Placement placement = MemoryPlanner.place(requests);
            requestOf.forEach((value, index) -> sources.put(value, part(placement, index)));
            List<List<BufferSource>> workspaces = requestsOfWorkspaces.stream()
                    .map(ofStep -> ofStep.stream()
                            .map(index -> (BufferSource) part(placement, index))
                            .toList())
                    .toList();
            List<Copy> copies = new ArrayList<>();
            for (int output : copied) {
                String root = parts.root(graph.outputs().get(output));
                copies.add(new Copy(java.util.Objects.requireNonNull(sources.get(root)), output));
            }
            return new ValuePlacement(
                    parts, Map.copyOf(sources), bytes, workspaces, List.copyOf(copies), placement.bytes());
        }

        /** Lets kernels write outputs in place; gives the positions of those that have to be copied. */
        private List<Integer> placeOutputs() {
            Set<String> computed = new HashSet<>();
            for (Operation operation : parts.running()) {
                if (operation instanceof Operation.Kernel kernel) {
                    computed.addAll(kernel.outputs());
                }
            }
            List<Integer> copied = new ArrayList<>();
            for (int i = 0; i < graph.outputs().size(); i++) {
                String root = parts.root(graph.outputs().get(i));
                if (computed.contains(root)
                        && !sources.containsKey(root)
                        && graph.layout(root).isRowMajor()) {
                    sources.put(root, new BufferSource.Output(i));
                } else {
                    copied.add(i);
                }
            }
            return copied;
        }

        private Map<String, Integer> requestValues(List<Integer> copied) {
            Map<String, Integer> first = new LinkedHashMap<>();
            Map<String, Integer> last = new HashMap<>();
            for (int step = 0; step < parts.running().size(); step++) {
                if (parts.running().get(step) instanceof Operation.Kernel kernel) {
                    int now = step;
                    for (String output : kernel.outputs()) {
                        first.merge(parts.root(output), now, Math::min);
                        last.merge(parts.root(output), now, Math::max);
                    }
                    for (String input : kernel.inputs()) {
                        last.merge(parts.root(input), now, Math::max);
                    }
                }
            }
            for (int output : copied) {
                last.put(
                        parts.root(graph.outputs().get(output)), parts.running().size());
            }
            Map<String, Integer> requestOf = new LinkedHashMap<>();
            first.forEach((value, step) -> {
                if (!sources.containsKey(value)) {
                    requestOf.put(value, request(bytes.applyAsLong(value), step, last.getOrDefault(value, step)));
                }
            });
            return requestOf;
        }

        private int request(long size, int first, int last) {
            requests.add(new Request(size, first, last));
            return requests.size() - 1;
        }

        private BufferSource.Arena part(Placement placement, int index) {
            return new BufferSource.Arena(
                    placement.offsets().get(index), requests.get(index).bytes());
        }
    }
}

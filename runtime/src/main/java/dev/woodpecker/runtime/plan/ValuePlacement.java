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
import java.util.Objects;
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
        return new Builder(graph, parts, bytes, List.of()).place(constants, workspaceBytes);
    }

    /**
     * The same with results written over inputs that nothing reads afterwards, unless that needs more memory: what lives
     * longer may leave gaps.
     *
     * @param overwritable for each running operation the inputs in whose place its result may be written
     */
    static ValuePlacement of(
            KernelGraph graph,
            PlanParts parts,
            Map<String, Integer> constants,
            ToLongFunction<String> bytes,
            List<List<Long>> workspaceBytes,
            List<List<String>> overwritable) {
        ValuePlacement apart = of(graph, parts, constants, bytes, workspaceBytes);
        ValuePlacement inPlace = new Builder(graph, parts, bytes, overwritable).place(constants, workspaceBytes);
        return inPlace.arenaBytes() <= apart.arenaBytes() ? inPlace : apart;
    }

    private static final class Builder {
        private final KernelGraph graph;
        private final PlanParts parts;
        private final ToLongFunction<String> bytes;
        private final Map<String, BufferSource> sources = new HashMap<>();
        private final List<Request> requests = new ArrayList<>();
        private final List<List<String>> overwritable;

        Builder(KernelGraph graph, PlanParts parts, ToLongFunction<String> bytes, List<List<String>> overwritable) {
            this.overwritable = overwritable;
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
                copies.add(new Copy(Objects.requireNonNull(sources.get(root)), output));
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
            Map<String, String> owners = owners(first, last);
            Map<String, Integer> lastOfOwner = new HashMap<>();
            first.forEach((value, step) ->
                    lastOfOwner.merge(owners.getOrDefault(value, value), last.getOrDefault(value, step), Math::max));
            Map<String, Integer> requestOf = new LinkedHashMap<>();
            first.forEach((value, step) -> {
                if (!sources.containsKey(value) && !owners.containsKey(value)) {
                    requestOf.put(
                            value, request(bytes.applyAsLong(value), step, lastOfOwner.getOrDefault(value, step)));
                }
            });
            owners.forEach((value, owner) -> requestOf.put(value, Objects.requireNonNull(requestOf.get(owner))));
            return requestOf;
        }

        /** The values that take over the memory of another, and the first that had it. */
        private Map<String, String> owners(Map<String, Integer> first, Map<String, Integer> last) {
            Map<String, String> owners = new LinkedHashMap<>();
            for (int step = 0; step < overwritable.size(); step++) {
                int now = step;
                if (parts.running().get(step) instanceof Operation.Kernel kernel) {
                    String output = kernel.outputs().getFirst();
                    overwritable.get(step).stream()
                            .filter(input -> canTake(kernel, output, input, now, first, last))
                            .findFirst()
                            .map(parts::root)
                            .ifPresent(root -> owners.put(output, owners.getOrDefault(root, root)));
                }
            }
            return owners;
        }

        /** Whether both have memory of the arena to themselves, and the input's is free after this step. */
        private boolean canTake(
                Operation.Kernel kernel,
                String output,
                String input,
                int step,
                Map<String, Integer> first,
                Map<String, Integer> last) {
            PlanParts.Place place = parts.place(input);
            String root = place.value();
            long readers = kernel.inputs().stream()
                    .filter(value -> parts.root(value).equals(root))
                    .count();
            return parts.root(output).equals(output)
                    && !sources.containsKey(output)
                    && !sources.containsKey(root)
                    && first.containsKey(root)
                    && last.getOrDefault(root, -1) == step
                    && first.getOrDefault(output, -1) == step
                    && readers == 1
                    && place.offsetBytes() == 0
                    && bytes.applyAsLong(root) == bytes.applyAsLong(output);
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

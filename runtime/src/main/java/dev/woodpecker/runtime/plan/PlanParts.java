package dev.woodpecker.runtime.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The operations of a graph, without those that no output needs.
 *
 * @param fixed depend on constants alone: they are run once, when the plan is made
 * @param running all others, in order
 * @param places of values that have no memory of their own: views, and what lies in another value's memory
 */
record PlanParts(List<Operation> fixed, List<Operation> running, Map<String, Place> places) {
    /** A place in the memory of another value. */
    record Place(String value, long offsetBytes) {}

    PlanParts {
        fixed = List.copyOf(fixed);
        running = List.copyOf(running);
        places = Map.copyOf(places);
    }

    static PlanParts of(KernelGraph graph) {
        Set<String> needed = new HashSet<>(graph.outputs());
        List<Operation> live = new ArrayList<>();
        for (Operation operation : graph.operations().reversed()) {
            if (operation.outputs().stream().anyMatch(needed::contains)) {
                live.addFirst(operation);
                needed.addAll(operation.inputs());
            }
        }
        List<Operation> fixed = new ArrayList<>();
        List<Operation> running = new ArrayList<>();
        Map<String, Place> places = new HashMap<>();
        Set<String> known = new HashSet<>(graph.constants().keySet());
        for (Operation operation : live) {
            switch (operation) {
                case Operation.View view -> places.put(view.output(), new Place(view.input(), 0));
                case Operation.Part part -> places.put(part.output(), new Place(part.input(), part.offsetBytes()));
                case Operation.Join join -> join(join, places);
                case Operation.Kernel _ -> {}
            }
            if (known.containsAll(operation.inputs())) {
                known.addAll(operation.outputs());
                fixed.add(operation);
            } else {
                running.add(operation);
            }
        }
        return new PlanParts(fixed, running, places);
    }

    /** What is joined, or what it is a view of, lies in the result. */
    private static void join(Operation.Join join, Map<String, Place> places) {
        for (int i = 0; i < join.inputs().size(); i++) {
            Place own = resolved(join.inputs().get(i), places);
            places.put(own.value(), new Place(join.output(), join.offsetsBytes().get(i) - own.offsetBytes()));
        }
    }

    static Place resolved(String value, Map<String, Place> places) {
        String root = value;
        long offset = 0;
        for (Place place = places.get(root); place != null; place = places.get(root)) {
            root = place.value();
            offset += place.offsetBytes();
        }
        return new Place(root, offset);
    }

    /** The value in whose memory this one lies, and where. */
    Place place(String value) {
        return resolved(value, places);
    }

    /** The value in whose memory this one lies. */
    String root(String value) {
        return place(value).value();
    }

    List<Operation.Kernel> fixedKernels() {
        return kernels(fixed);
    }

    List<Operation.Kernel> runningKernels() {
        return kernels(running);
    }

    /** The kernels of both parts. */
    List<Operation.Kernel> kernels() {
        List<Operation.Kernel> all = new ArrayList<>(fixedKernels());
        all.addAll(runningKernels());
        return all;
    }

    private static List<Operation.Kernel> kernels(List<Operation> operations) {
        return operations.stream()
                .flatMap(operation -> operation instanceof Operation.Kernel kernel
                        ? java.util.stream.Stream.of(kernel)
                        : java.util.stream.Stream.empty())
                .toList();
    }
}

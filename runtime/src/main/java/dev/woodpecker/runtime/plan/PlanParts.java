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
 * @param roots for a view the value that it shows in the end
 */
record PlanParts(List<Operation> fixed, List<Operation> running, Map<String, String> roots) {
    PlanParts {
        fixed = List.copyOf(fixed);
        running = List.copyOf(running);
        roots = Map.copyOf(roots);
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
        Map<String, String> roots = new HashMap<>();
        Set<String> known = new HashSet<>(graph.constants().keySet());
        for (Operation operation : live) {
            if (operation instanceof Operation.View view) {
                roots.put(view.output(), roots.getOrDefault(view.input(), view.input()));
            }
            if (known.containsAll(operation.inputs())) {
                known.addAll(operation.outputs());
                fixed.add(operation);
            } else {
                running.add(operation);
            }
        }
        return new PlanParts(fixed, running, roots);
    }

    /** The value whose memory this one has. */
    String root(String value) {
        return roots.getOrDefault(value, value);
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

package dev.woodpecker.runtime.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/**
 * Keeps a model within a limit of memory: where it would take more, kernels whose weights grow when they are prepared, as
 * Winograd's do, are computed by algorithms that take weights as they are; those first that save most.
 *
 * @param choose takes the algorithm and schedule of each kernel of a graph
 * @param bytes what a graph takes whose schedules are chosen
 */
record MemoryFit(UnaryOperator<KernelGraph> choose, ToLongFunction<KernelGraph> bytes, long limitBytes) {
    /** Why a kernel has not the algorithm that it would have had. */
    private static final String REASON = " to save memory";

    /** The graph with schedules, in the memory that there is if any choice of algorithms is; else in the least. */
    KernelGraph fit(KernelGraph graph) {
        Set<String> frugal = new HashSet<>();
        KernelGraph chosen = choose.apply(graph);
        long excess = bytes.applyAsLong(chosen) - limitBytes;
        while (excess > 0 && makeFrugal(chosen, excess, frugal)) {
            chosen = choose.apply(mapped(graph, kernel -> isOf(kernel, frugal) ? plain(kernel) : kernel));
            excess = bytes.applyAsLong(chosen) - limitBytes;
        }
        return mapped(chosen, kernel -> isOf(kernel, frugal) ? explained(kernel) : kernel);
    }

    private static boolean isOf(Operation.Kernel kernel, Set<String> results) {
        return results.contains(kernel.outputs().getFirst());
    }

    /** Adds kernels to be computed otherwise; false if there are no more. */
    private static boolean makeFrugal(KernelGraph graph, long excess, Set<String> frugal) {
        Map<String, Long> savings = new HashMap<>();
        for (Operation operation : graph.operations()) {
            if (operation instanceof Operation.Kernel kernel
                    && !isOf(kernel, frugal)
                    && kernel.algorithms().getFirst().preparation().isEmpty()) {
                long saved = growth(graph, kernel);
                if (saved > 0) {
                    savings.put(kernel.outputs().getFirst(), saved);
                }
            }
        }
        List<String> most = new ArrayList<>(savings.keySet());
        most.sort(Comparator.comparing((String kernel) -> -savings.getOrDefault(kernel, 0L))
                .thenComparing(Comparator.naturalOrder()));
        long left = excess;
        for (String kernel : most) {
            if (left > 0) {
                frugal.add(kernel);
                left -= savings.getOrDefault(kernel, 0L);
            }
        }
        return !most.isEmpty();
    }

    /** How much more its chosen algorithm's prepared weights take than what they are made of. */
    private static long growth(KernelGraph graph, Operation.Kernel kernel) {
        return kernel.algorithms().stream()
                .filter(algorithm -> algorithm.program().equals(kernel.program()))
                .findFirst()
                .flatMap(Operation.Algorithm::preparation)
                .map(p -> bytes(graph, p.outputs()) - bytes(graph, p.inputs()))
                .orElse(0L);
    }

    private static long bytes(KernelGraph graph, List<String> values) {
        return values.stream()
                .mapToLong(value -> PlanBuilder.bytes(graph, value))
                .sum();
    }

    private static Operation.Kernel plain(Operation.Kernel kernel) {
        return kernel.withAlgorithms(kernel.algorithms().stream()
                .filter(algorithm -> algorithm.preparation().isEmpty())
                .toList());
    }

    private static Operation.Kernel explained(Operation.Kernel kernel) {
        return kernel.withAlgorithms(kernel.algorithms().stream()
                .map(a -> new Operation.Algorithm(a.variant() + REASON, a.program(), a.inputs(), a.preparation()))
                .toList());
    }

    private static KernelGraph mapped(KernelGraph graph, UnaryOperator<Operation.Kernel> change) {
        return graph.withOperations(graph.operations().stream()
                .map(operation -> operation instanceof Operation.Kernel kernel ? change.apply(kernel) : operation)
                .toList());
    }
}

package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.program.PointwiseMerge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Joins operations that compute element by element to the one whose result they read, when nothing else reads it: bias,
 * activation and residual sum become the end of a convolution or matrix product, chains of elementwise operations one kernel.
 *
 * <pre>
 * c = conv2d(x, w)  # conv1                      d = conv2d_relu(x, w)  # conv1+relu1
 * d = relu(c)       # relu1            ->
 * </pre>
 */
final class FuseKernels {
    private FuseKernels() {}

    static KernelGraph apply(KernelGraph graph) {
        KernelGraph current = graph;
        while (true) {
            Optional<KernelGraph> joined = joinOnce(current);
            if (joined.isEmpty()) {
                return current;
            }
            current = joined.get();
        }
    }

    /** One pass over the graph, in which each operation is joined at most once. */
    private static Optional<KernelGraph> joinOnce(KernelGraph graph) {
        Map<String, Integer> readers = graph.readers();
        Map<String, Integer> producers = new HashMap<>();
        List<Operation> operations = new ArrayList<>(graph.operations());
        Set<Integer> gone = new HashSet<>();
        boolean changed = false;
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i) instanceof Operation.Kernel consumer) {
                for (int candidate : candidates(consumer, producers, readers, graph, operations)) {
                    Optional<Operation.Kernel> joined = operations.get(candidate) instanceof Operation.Kernel producer
                            ? join(producer, consumer)
                            : Optional.empty();
                    if (joined.isPresent()) {
                        // At the consumer's place, where all that either reads is there.
                        operations.set(i, joined.get());
                        gone.add(candidate);
                        changed = true;
                        break;
                    }
                }
            }
            for (String output : operations.get(i).outputs()) {
                producers.put(output, i);
            }
        }
        if (!changed) {
            return Optional.empty();
        }
        return Optional.of(graph.withOperations(JoinedKernel.without(gone, operations)));
    }

    /**
     * The producers of which only the consumer reads the result, the last first: what the others make is there by then. But
     * what only widens its input, as a DequantizeLinear does, comes before all: later the consumer is the end of a kernel
     * that could not read that input itself.
     */
    private static List<Integer> candidates(
            Operation.Kernel consumer,
            Map<String, Integer> producers,
            Map<String, Integer> readers,
            KernelGraph graph,
            List<Operation> operations) {
        List<Integer> found = new ArrayList<>();
        for (String input : consumer.inputs()) {
            Integer producer = producers.get(input);
            boolean only = readers.getOrDefault(input, 0) == 1;
            boolean sameShape = consumer.outputs().stream()
                    .anyMatch(output ->
                            graph.type(output).shape().equals(graph.type(input).shape()));
            if (producer != null && only && sameShape && !found.contains(producer)) {
                found.add(producer);
            }
        }
        found.sort(Comparator.comparing((Integer i) -> !widens(operations.get(i), graph))
                .thenComparing(Comparator.reverseOrder()));
        return found;
    }

    private static boolean widens(Operation producer, KernelGraph graph) {
        if (producer.inputs().isEmpty() || producer.outputs().size() != 1) {
            return false;
        }
        TensorType from = graph.type(producer.inputs().getFirst());
        TensorType to = graph.type(producer.outputs().getFirst());
        return from.shape().equals(to.shape())
                && from.element().bytes() < to.element().bytes()
                && producer instanceof Operation.Kernel kernel
                && kernel.operator().equals("DequantizeLinear");
    }

    private static Optional<Operation.Kernel> join(Operation.Kernel producer, Operation.Kernel consumer) {
        if (producer.outputs().size() != 1) {
            return Optional.empty();
        }
        Set<Integer> results = new HashSet<>();
        Map<Integer, Integer> shared = new HashMap<>();
        for (int i = 0; i < consumer.inputs().size(); i++) {
            String input = consumer.inputs().get(i);
            if (input.equals(producer.outputs().getFirst())) {
                results.add(i);
            } else if (producer.inputs().contains(input)) {
                shared.put(i, producer.inputs().indexOf(input));
            }
        }
        return JoinedKernel.of(
                producer,
                consumer,
                producer,
                program -> PointwiseMerge.merge(program, consumer.program(), results, shared));
    }
}

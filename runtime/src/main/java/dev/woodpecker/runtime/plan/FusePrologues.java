package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.program.PrologueMerge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Joins operations that compute element by element, or take a box out, to the one operation that reads their result, where
 * it is not its own index that is read: what {@link FuseKernels} does not. Its result then never goes through memory, or row
 * by row through the first cache.
 *
 * <pre>
 * s = add(x, r)             # add1
 * y = layerNormalization(s) # norm1      ->      y = add_layerNormalization(x, r) # add1+norm1
 * </pre>
 */
final class FusePrologues {
    private FusePrologues() {}

    static KernelGraph apply(KernelGraph graph) {
        Map<String, Integer> readers = graph.readers();
        Map<String, Integer> producers = new HashMap<>();
        Set<String> fixed = new HashSet<>(graph.constants().keySet());
        List<Operation> operations = new ArrayList<>(graph.operations());
        Set<Integer> gone = new HashSet<>();
        for (int i = 0; i < operations.size(); i++) {
            // At the consumer's place, again and again: what stands before a prologue may be one, too.
            Optional<Joined> joined = joined(operations.get(i), operations, producers, readers, fixed);
            while (joined.isPresent()) {
                operations.set(i, joined.get().kernel);
                gone.add(joined.get().producer);
                joined = joined(operations.get(i), operations, producers, readers, fixed);
            }
            Operation operation = operations.get(i);
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
            }
            for (String output : operation.outputs()) {
                producers.put(output, i);
            }
        }
        return gone.isEmpty() ? graph : graph.withOperations(JoinedKernel.without(gone, operations));
    }

    /** @param producer which operation went into the kernel */
    private record Joined(Operation.Kernel kernel, int producer) {}

    private static Optional<Joined> joined(
            Operation operation,
            List<Operation> operations,
            Map<String, Integer> producers,
            Map<String, Integer> readers,
            Set<String> fixed) {
        if (!(operation instanceof Operation.Kernel consumer)) {
            return Optional.empty();
        }
        for (String input : consumer.inputs()) {
            Integer position = producers.get(input);
            if (position != null
                    && readers.getOrDefault(input, 0) == 1
                    && !fixed.contains(input)
                    && operations.get(position) instanceof Operation.Kernel producer) {
                Optional<Joined> joined = join(producer, consumer).map(kernel -> new Joined(kernel, position));
                if (joined.isPresent()) {
                    return joined;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Operation.Kernel> join(Operation.Kernel producer, Operation.Kernel consumer) {
        if (producer.outputs().size() != 1) {
            return Optional.empty();
        }
        Set<Integer> results = new HashSet<>();
        for (int i = 0; i < consumer.inputs().size(); i++) {
            if (consumer.inputs().get(i).equals(producer.outputs().getFirst())) {
                results.add(i);
            }
        }
        Map<Integer, Integer> shared = new HashMap<>();
        for (int i = 0; i < producer.inputs().size(); i++) {
            int same = consumer.inputs().indexOf(producer.inputs().get(i));
            if (same >= 0) {
                shared.put(i, same);
            }
        }
        return JoinedKernel.of(
                producer,
                consumer,
                consumer,
                program -> PrologueMerge.merge(producer.program(), program, results, shared));
    }
}

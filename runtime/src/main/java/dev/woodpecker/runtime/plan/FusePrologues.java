package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.PointwiseMerge;
import dev.woodpecker.runtime.plan.program.PrologueMerge;
import dev.woodpecker.runtime.plan.program.SameNames;
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
            boolean changed = true;
            while (changed && operations.get(i) instanceof Operation.Kernel consumer) {
                changed = false;
                for (String input : List.copyOf(consumer.inputs())) {
                    Integer candidate = producers.get(input);
                    if (candidate != null
                            && readers.getOrDefault(input, 0) == 1
                            && !fixed.contains(input)
                            && operations.get(candidate) instanceof Operation.Kernel producer) {
                        Optional<Operation.Kernel> joined = join(producer, consumer);
                        if (joined.isPresent()) {
                            operations.set(i, joined.get());
                            gone.add(candidate);
                            changed = true;
                            break;
                        }
                    }
                }
            }
            Operation operation = operations.get(i);
            if (fixed.containsAll(operation.inputs())) {
                fixed.addAll(operation.outputs());
            }
            for (String output : operation.outputs()) {
                producers.put(output, i);
            }
        }
        List<Operation> kept = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            if (!gone.contains(i)) {
                kept.add(operations.get(i));
            }
        }
        return gone.isEmpty() ? graph : graph.withOperations(kept);
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
        List<Operation.Algorithm> algorithms = new ArrayList<>();
        for (Operation.Algorithm algorithm : consumer.algorithms()) {
            Optional<Operation.Algorithm> merged = PrologueMerge.merge(
                            producer.program(), algorithm.program(), results, shared)
                    .flatMap(m -> joined(producer, consumer, algorithm, m, algorithms));
            if (merged.isPresent()) {
                algorithms.add(merged.get());
            } else if (algorithms.isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(new Operation.Kernel(
                producer.name() + "+" + consumer.name(),
                consumer.operator(),
                algorithms.getFirst().inputs(),
                consumer.outputs(),
                algorithms));
    }

    /**
     * @param others those that are joined already: the first of them gives the names
     */
    private static Optional<Operation.Algorithm> joined(
            Operation.Kernel producer,
            Operation.Kernel consumer,
            Operation.Algorithm algorithm,
            PointwiseMerge.Merged merged,
            List<Operation.Algorithm> others) {
        List<String> inputs = merged.inputOrigins().stream()
                .map(origin ->
                        (origin.ofProducer() ? producer : consumer).inputs().get(origin.position()))
                .toList();
        Optional<TensorProgram> program = others.isEmpty()
                ? Optional.of(merged.program())
                : SameNames.as(others.getFirst().program(), merged.program());
        return program.map(p -> new Operation.Algorithm(algorithm.variant(), p, inputs, Optional.empty()));
    }
}

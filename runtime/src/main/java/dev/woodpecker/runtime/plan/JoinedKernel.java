package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.PointwiseMerge;
import dev.woodpecker.runtime.plan.program.SameNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Two operations, of which one reads what only the other makes, as one kernel. */
final class JoinedKernel {
    private JoinedKernel() {}

    /**
     * In all the ways to compute {@code main} that the other can be joined to, if the first of them is one: that way is taken
     * when nothing was measured.
     *
     * @param main the one of the two whose algorithms and operator the kernel keeps
     * @param merge a way to compute {@code main}, with the other's program in it
     */
    static Optional<Operation.Kernel> of(
            Operation.Kernel producer,
            Operation.Kernel consumer,
            Operation.Kernel main,
            Function<TensorProgram, Optional<PointwiseMerge.Merged>> merge) {
        List<Operation.Algorithm> algorithms = new ArrayList<>();
        for (Operation.Algorithm algorithm : main.algorithms()) {
            Optional<Operation.Algorithm> joined = merge.apply(algorithm.program())
                    .flatMap(merged -> algorithm(producer, consumer, algorithm.variant(), merged, algorithms));
            if (joined.isPresent()) {
                algorithms.add(joined.get());
            } else if (algorithms.isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.of(new Operation.Kernel(
                producer.name() + "+" + consumer.name(),
                main.operator(),
                algorithms.getFirst().inputs(),
                consumer.outputs(),
                algorithms));
    }

    /** Empty where its program cannot have the names of the ways before it, of which the first gives the names. */
    private static Optional<Operation.Algorithm> algorithm(
            Operation.Kernel producer,
            Operation.Kernel consumer,
            String variant,
            PointwiseMerge.Merged merged,
            List<Operation.Algorithm> before) {
        List<String> inputs = merged.inputOrigins().stream()
                .map(origin ->
                        (origin.ofProducer() ? producer : consumer).inputs().get(origin.position()))
                .toList();
        Optional<TensorProgram> program = before.isEmpty()
                ? Optional.of(merged.program())
                : SameNames.as(before.getFirst().program(), merged.program());
        return program.map(p -> new Operation.Algorithm(variant, p, inputs, Optional.empty()));
    }

    /** Operations but for those that went into others. */
    static List<Operation> without(Set<Integer> gone, List<Operation> operations) {
        return IntStream.range(0, operations.size())
                .filter(i -> !gone.contains(i))
                .mapToObj(operations::get)
                .toList();
    }
}

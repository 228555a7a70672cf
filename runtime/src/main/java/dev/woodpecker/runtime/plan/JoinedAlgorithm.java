package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.program.PointwiseMerge;
import dev.woodpecker.runtime.plan.program.SameNames;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** One way to compute two operations as one kernel. */
final class JoinedAlgorithm {
    private JoinedAlgorithm() {}

    /**
     * Empty where its program cannot have the names of the ways before it.
     *
     * @param others those that are joined already: the first of them gives the names
     */
    static Optional<Operation.Algorithm> of(
            Operation.Kernel producer,
            Operation.Kernel consumer,
            String variant,
            PointwiseMerge.Merged merged,
            List<Operation.Algorithm> others) {
        List<String> inputs = merged.inputOrigins().stream()
                .map(origin ->
                        (origin.ofProducer() ? producer : consumer).inputs().get(origin.position()))
                .toList();
        Optional<TensorProgram> program = others.isEmpty()
                ? Optional.of(merged.program())
                : SameNames.as(others.getFirst().program(), merged.program());
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

package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Trace;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a kernel stores each element of its results once, as what it writes over an input needs. Two things make a schedule
 * store twice: a last vector that begins earlier ({@link Tail#SHIFT}), and sums that are kept in the result between the
 * steps of an outer loop, which then reads it. On a GPU several threads may compute the same element, so that nothing is known.
 */
final class StoresOnce {
    private StoresOnce() {}

    static boolean holds(Trace trace, LoweredKernel kernel) {
        boolean shifts =
                trace.steps().stream().anyMatch(step -> step instanceof Split split && split.tail() == Tail.SHIFT);
        Set<String> results = kernel.arguments().stream()
                .filter(argument -> argument.role() == Role.OUTPUT)
                .map(argument -> argument.buffer().name())
                .collect(Collectors.toSet());
        return !kernel.target().isCuda()
                && !shifts
                && kernel.phases().stream()
                        .noneMatch(phase -> phase.body().anyMatch(statement -> mayRead(statement, results)));
    }

    private static boolean mayRead(Stmt statement, Set<String> buffers) {
        // What these do to memory is for others to say.
        boolean unknown = statement instanceof Stmt.Invoke
                || statement instanceof Stmt.AsyncCopy
                || statement instanceof Stmt.Compute;
        return unknown
                || statement.expressions().stream()
                        .anyMatch(expression -> expression.anyMatch(e -> e instanceof Expr.Load load
                                && buffers.contains(load.buffer().name())));
    }
}

package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Optional;

/**
 * Takes a condition out of a loop that it does not depend on: a thread without a result asks once. Requires: nothing.
 * Ensures: the same, but for loops with barriers, which all threads must reach.
 *
 * <pre>
 * for k in 0..64:             if i < 10:
 *   if i < 10:          ->      for k in 0..64:
 *     y += x[i, k]                y += x[i, k]
 * </pre>
 */
final class OuterGuards {
    private OuterGuards() {}

    static Stmt apply(Stmt phase) {
        return phase.rewrite(s -> s instanceof Stmt.For f ? outside(f) : s, e -> e);
    }

    private static Stmt outside(Stmt.For f) {
        boolean runs = f.loop().binding() == Loop.Binding.SERIAL || f.loop().binding() == Loop.Binding.UNROLL;
        boolean waits = f.anyMatch(s -> s instanceof Stmt.Barrier
                || s instanceof Stmt.Commit
                || s instanceof Stmt.Wait
                || s instanceof Stmt.Ring
                || s instanceof Stmt.TileCopy
                || s instanceof Stmt.Invoke);
        if (!runs || waits || !(f.body() instanceof Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise))) {
            return f;
        }
        boolean depends = condition.anyMatch(
                e -> e.equals(f.loop().variable()) || e instanceof Expr.Load || e instanceof Expr.TableEntry);
        return depends || otherwise.isPresent()
                ? f
                : new Stmt.If(condition, new Stmt.For(f.loop(), then), Optional.empty());
    }
}

package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.EnumMap;
import java.util.Map;

/**
 * Gives a loop over threads inside another one of the same direction the variable of that one: it is the same thread
 * again. Requires: all loops of a direction have as many iterations as the launch has threads in it. Ensures: no loop over
 * threads is inside another one of its direction.
 *
 * <pre>
 * for t in 0..32 thread.x:           for t in 0..32 thread.x:
 *   for i in 0..32 thread.x:   ->      x[t] = 0
 *     x[i] = 0
 * </pre>
 */
final class MergeThreadLoops {
    private MergeThreadLoops() {}

    static Stmt apply(Stmt phase) {
        return merged(phase, new EnumMap<>(Loop.Binding.class));
    }

    private static Stmt merged(Stmt s, Map<Loop.Binding, Expr.Var> threads) {
        if (!(s instanceof Stmt.For(Loop loop, Stmt body)) || !loop.binding().isThread()) {
            return s.map(child -> merged(child, threads), e -> e);
        }
        Expr.Var outer = threads.get(loop.binding());
        if (outer != null) {
            return merged(LoopNest.substituteVariables(body, Map.of(loop.name(), outer)), threads);
        }
        Map<Loop.Binding, Expr.Var> inside = new EnumMap<>(threads);
        inside.put(loop.binding(), loop.variable());
        return s.map(child -> merged(child, inside), e -> e);
    }
}

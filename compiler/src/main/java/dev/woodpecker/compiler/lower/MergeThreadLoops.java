package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import dev.woodpecker.compiler.schedule.Region;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    static Stmt apply(Stmt phase, LoweredKernel.Launch launch) {
        return merged(inThreads(phase, launch), new EnumMap<>(Loop.Binding.class));
    }

    /** The body of a block as what one thread does, where several loops over the same threads follow one another. */
    private static Stmt inThreads(Stmt s, LoweredKernel.Launch launch) {
        if (s instanceof Stmt.For f && f.loop().binding().isBlock()) {
            return f.map(body -> inThreads(body, launch), e -> e);
        }
        Stmt body = s;
        for (Loop.Binding binding : List.of(Loop.Binding.THREAD_X, Loop.Binding.THREAD_Y, Loop.Binding.THREAD_Z)) {
            List<Loop> loops =
                    Region.loops(s).stream().filter(l -> l.binding() == binding).toList();
            boolean together =
                    loops.size() > 1 && !(body instanceof Stmt.For(Loop l, Stmt _) && l.binding() == binding);
            if (together) {
                Loop threads = new Loop(
                        Expr.Var.index(
                                "thread." + binding.name().charAt(binding.name().length() - 1)),
                        Expr.index(launch.block().get(binding.ordinal() - Loop.Binding.THREAD_X.ordinal())),
                        binding,
                        Loop.Carrier.SPATIAL,
                        Optional.empty(),
                        loops.getFirst().origin());
                body = new Stmt.For(threads, body);
            }
        }
        return body;
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

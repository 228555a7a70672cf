package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives loops names that a reader of the text wants: those over blocks and threads that of what they are, others that of
 * the axis that they run along, without the history of their splits and fusions. Requires: indices are final. Ensures:
 * names are unique along each path.
 *
 * <pre>
 * for i.i.o_j.i.o in 0..256 thread.x:              for thread in 0..256 thread.x:
 *   for x.tile.m_x.tile.k.o.o in 0..2 unroll:  ->    for m in 0..2 unroll:
 * </pre>
 */
final class ShortNames {
    private static final Pattern AXIS = Pattern.compile("([A-Za-z]\\w*)((?:\\.[oi])*)$");

    private static final Map<Loop.Binding, String> BOUND = Map.of(
            Loop.Binding.BLOCK_X, "block",
            Loop.Binding.BLOCK_Y, "block.y",
            Loop.Binding.BLOCK_Z, "block.z",
            Loop.Binding.THREAD_X, "thread",
            Loop.Binding.THREAD_Y, "thread.y",
            Loop.Binding.THREAD_Z, "thread.z");

    private ShortNames() {}

    static Stmt apply(Stmt phase) {
        Set<String> taken = new HashSet<>();
        phase.anyMatch(s -> {
            if (s instanceof Stmt.Allocate a) {
                taken.add(a.buffer().name());
            } else if (s instanceof Stmt.Let let) {
                taken.add(let.variable().name());
            }
            s.expressions()
                    .forEach(e -> e.anyMatch(n ->
                            n instanceof Expr.Load l && !taken.add(l.buffer().name()) && false));
            return false;
        });
        return renamed(phase, taken);
    }

    private static Stmt renamed(Stmt s, Set<String> taken) {
        if (!(s instanceof Stmt.For(Loop loop, Stmt body))) {
            return s.map(child -> renamed(child, taken), e -> e);
        }
        String base = base(loop);
        String name = base;
        for (int i = 2; taken.contains(name); i++) {
            name = base + i;
        }
        Set<String> inside = new HashSet<>(taken);
        inside.add(name);
        Expr.Var variable = new Expr.Var(name, loop.variable().type());
        Stmt within =
                name.equals(loop.name()) ? body : LoopNest.substituteVariables(body, Map.of(loop.name(), variable));
        Loop changed = new Loop(
                variable, loop.extent(), loop.binding(), loop.carrier(), loop.peel(), loop.prefetched(), loop.origin());
        return new Stmt.For(changed, renamed(within, inside));
    }

    private static String base(Loop loop) {
        String bound = BOUND.get(loop.binding());
        if (bound != null) {
            return bound;
        }
        List<String> fused = List.of(loop.name().split("_"));
        Matcher axis = AXIS.matcher(fused.getFirst());
        boolean plain = axis.find();
        if (!plain) {
            return loop.name();
        }
        return fused.size() == 1 ? axis.group(1) + axis.group(2) : axis.group(1);
    }
}

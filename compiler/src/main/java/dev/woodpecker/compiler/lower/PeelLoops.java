package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives peeled iterations their own copy of the body. Requires: peeled loops have constant extents. Ensures: no loop is
 * marked as peeled, but pipelined ones, which {@link PipelineLoops} peels; conditions that the copies decide are left to
 * the simplifier.
 */
public final class PeelLoops {
    private PeelLoops() {}

    public static Stmt apply(Stmt tree) {
        return tree.rewrite(s -> s instanceof Stmt.For f && f.loop().peel().isPresent() ? peel(f) : s, e -> e);
    }

    private static Stmt peel(Stmt.For target) {
        if (target.loop().peel().orElseThrow() instanceof Loop.Peel.Pipelined) {
            // Its copies are told from the rest only after stages are placed.
            return target;
        }
        Loop loop = target.loop().withPeel(Optional.empty());
        long extent = IndexMath.constant(loop.extent())
                .orElseThrow(() -> new IllegalStateException("peeled loop " + loop.name() + " has no constant extent"));
        return switch (target.loop().peel().orElseThrow()) {
            case Loop.Peel.Tail(String inner, long remainder) -> {
                Stmt last = shorten(at(target.body(), loop, extent - 1), inner, remainder);
                yield loop.binding() == Loop.Binding.PARALLEL
                        ? new Stmt.For(loop, eitherOr(loop, extent - 1, target.body(), last))
                        : Stmt.seq(some(loop, extent - 1, target.body()), once(loop, last));
            }
            case Loop.Peel.Shift(String inner, long overlap) -> {
                checkRepeatable(target);
                Expr earlier = IndexMath.sub(Expr.Var.index(inner), Expr.index(overlap));
                Stmt last = at(shifted(target.body(), Map.of(inner, earlier)), loop, extent - 1);
                yield Stmt.seq(some(loop, extent - 1, target.body()), once(loop, last));
            }
            case Loop.Peel.Pipelined _, Loop.Peel.Specialized _ -> target;
            case Loop.Peel.Ends()
            when loop.binding() == Loop.Binding.PARALLEL ->
                new Stmt.For(
                        loop,
                        new Stmt.If(
                                IndexMath.less(loop.variable(), Expr.index(1)),
                                at(target.body(), loop, 0),
                                Optional.of(eitherOr(
                                        loop, extent - 1, target.body(), at(target.body(), loop, extent - 1)))));
            case Loop.Peel.Ends() -> {
                Expr shifted = IndexMath.add(loop.variable(), Expr.index(1));
                Stmt middle = LoopNest.substituteVariables(target.body(), Map.of(loop.name(), shifted));
                yield Stmt.seq(
                        once(loop, at(target.body(), loop, 0)),
                        some(loop, extent - 2, middle),
                        once(loop, at(target.body(), loop, extent - 1)));
            }
        };
    }

    /** Other elements, in the same accumulators. */
    private static Stmt shifted(Stmt body, Map<String, Expr> values) {
        return body.rewrite(
                s -> s instanceof Stmt.Compute c
                        ? new Stmt.Compute(
                                c.stage(),
                                c.part(),
                                substituted(c.at(), values),
                                substituted(c.over(), values),
                                c.slot(),
                                LoopNest.substitute(c.guard(), values),
                                LoopNest.substitute(c.keep(), values))
                        : s,
                e -> e);
    }

    private static List<Expr> substituted(List<Expr> indices, Map<String, Expr> values) {
        return indices.stream().map(e -> LoopNest.substitute(e, values)).toList();
    }

    /** What is computed twice has to be computed from the start, and what stands beside it is made for other elements. */
    private static void checkRepeatable(Stmt.For shifted) {
        Set<String> stages = new HashSet<>();
        Set<Stmt.Part> parts = new HashSet<>();
        collect(shifted.body(), stages, parts);
        boolean whole = !parts.contains(Stmt.Part.UPDATE) || parts.contains(Stmt.Part.INIT);
        if (stages.size() != 1 || !whole) {
            throw new LoweringException("loop " + shifted.loop().name() + " cannot be shifted: its body has "
                    + (whole ? "the stages " + new TreeSet<>(stages) : "only a part of a reduction"));
        }
    }

    private static void collect(Stmt s, Set<String> stages, Set<Stmt.Part> parts) {
        if (s instanceof Stmt.Compute compute) {
            stages.add(compute.stage());
            parts.add(compute.part());
        }
        s.children().forEach(child -> collect(child, stages, parts));
    }

    /** A parallel loop stays whole, since workers share it out: the last iteration takes another branch. */
    private static Stmt eitherOr(Loop loop, long last, Stmt body, Stmt tail) {
        return last == 0
                ? tail
                : new Stmt.If(IndexMath.less(loop.variable(), Expr.index(last)), body, Optional.of(tail));
    }

    private static Stmt some(Loop loop, long extent, Stmt body) {
        return extent == 0 ? new Stmt.Seq(List.of()) : new Stmt.For(loop.withExtent(Expr.index(extent)), body);
    }

    /** A loop of one iteration, which keeps what the copy declares apart from its neighbours. */
    private static Stmt once(Loop loop, Stmt copy) {
        return some(loop, 1, copy);
    }

    private static Stmt at(Stmt body, Loop loop, long iteration) {
        return LoopNest.substituteVariables(body, Map.of(loop.name(), Expr.index(iteration)));
    }

    /** A vector loop stays one only where the remainder is a power of two. */
    private static Stmt shorten(Stmt body, String inner, long remainder) {
        return body.rewrite(
                s -> {
                    if (s instanceof Stmt.For(Loop loop, Stmt b) && loop.name().equals(inner)) {
                        boolean scalar = loop.binding() == Loop.Binding.VECTOR && Long.bitCount(remainder) != 1;
                        Loop shorter = loop.withExtent(Expr.index(remainder));
                        return new Stmt.For(scalar ? shorter.withBinding(Loop.Binding.UNROLL) : shorter, b);
                    }
                    return s;
                },
                e -> e);
    }
}

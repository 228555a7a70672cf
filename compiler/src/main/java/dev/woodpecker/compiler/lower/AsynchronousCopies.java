package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes copies by vectors, loops over lanes that store what they load, asynchronous. */
final class AsynchronousCopies {
    private AsynchronousCopies() {}

    /**
     * The statement with each of its vector loops as one asynchronous copy.
     *
     * @throws LoweringException if something in it is no such copy, or is not shown to be aligned and, as a whole, within
     *     its tensor or beyond it
     */
    static Stmt of(Stmt s, Bounds bounds) {
        return switch (s) {
            case Stmt.For(Loop lanes, Stmt body)
            when lanes.binding() == Loop.Binding.VECTOR && body instanceof Stmt.Store store ->
                copy(lanes, store, bounds);
            case Stmt.For f -> f.map(child -> of(child, bounds.inside(f.loop())), e -> e);
            case Stmt.Seq _, Stmt.If _, Stmt.Let _ -> s.map(child -> of(child, bounds), e -> e);
            case Stmt.Allocate _,
                    Stmt.Store _,
                    Stmt.Compute _,
                    Stmt.Check _,
                    Stmt.Barrier _,
                    Stmt.AsyncCopy _,
                    Stmt.Commit _,
                    Stmt.Wait _,
                    Stmt.Invoke _ -> throw notACopy(s);
        };
    }

    private static LoweringException notACopy(Stmt s) {
        return new LoweringException(
                "not a copy that can run ahead of its loop: " + IrText.of(s).strip());
    }

    private static Stmt copy(Loop lanes, Stmt.Store store, Bounds bounds) {
        Expr condition = Expr.TRUE;
        Expr value = store.value();
        if (value instanceof Expr.Select(Expr inside, Expr loaded, Expr outside)
                && outside.equals(Expr.zero(value.type()))) {
            condition = inside;
            value = loaded;
        }
        if (!(value instanceof Expr.Load(Buffer from, List<Expr> fromIndices))) {
            throw notACopy(store);
        }
        int count = Math.toIntExact(IndexMath.constant(lanes.extent()).orElseThrow(() -> notACopy(store)));
        boolean fits = isWholeOrNothing(condition, lanes, count, bounds)
                && isAligned(store.buffer(), store.indices(), lanes, count, bounds)
                && isAligned(from, fromIndices, lanes, count, bounds);
        if (!fits) {
            throw new LoweringException("copies of " + count + " elements from " + from.name() + " to "
                    + store.buffer().name()
                    + " are not shown to be aligned and within a row, or beyond it, as a whole");
        }
        return new Stmt.AsyncCopy(
                store.buffer(),
                atLane(store.indices(), lanes, 0),
                from,
                atLane(fromIndices, lanes, 0),
                count,
                atLane(condition, lanes, 0));
    }

    /** Whether the condition is the same in all lanes: in the first as in the last, and changing at most once between. */
    private static boolean isWholeOrNothing(Expr condition, Loop lanes, int count, Bounds bounds) {
        if (condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && op == BinaryOp.AND) {
            return isWholeOrNothing(left, lanes, count, bounds) && isWholeOrNothing(right, lanes, count, bounds);
        }
        Expr first = atLane(condition, lanes, 0);
        Expr last = atLane(condition, lanes, count - 1);
        boolean changesOnce = new LaneDependence(lanes.variable(), count, Set.of())
                .inAllLanes(condition)
                .isPresent();
        return changesOnce
                && Simplifier.proves(bounds.assuming(first), last)
                && Simplifier.proves(bounds.assuming(last), first);
    }

    /** Whether lanes go along the rows of a buffer, from a multiple of their number on. */
    private static boolean isAligned(Buffer buffer, List<Expr> indices, Loop lanes, int count, Bounds bounds) {
        Expr.Var lane = lanes.variable();
        Expr start = Simplifier.simplify(atLane(indices.getLast(), lanes, 0), bounds);
        boolean consecutive = IndexMath.isConstant(
                Simplifier.simplify(IndexMath.sub(IndexMath.sub(indices.getLast(), lane), start), bounds.inside(lanes)),
                0);
        return consecutive
                && indices.subList(0, indices.size() - 1).stream().noneMatch(i -> i.anyMatch(lane::equals))
                && buffer.layout().isRowMajor()
                && bounds.divisorOf(start) % count == 0
                && IndexMath.constant(buffer.shape().getLast()).orElse(1) % count == 0;
    }

    private static List<Expr> atLane(List<Expr> indices, Loop lanes, long lane) {
        return indices.stream().map(i -> atLane(i, lanes, lane)).toList();
    }

    private static Expr atLane(Expr e, Loop lanes, long lane) {
        return LoopNest.substitute(e, Map.of(lanes.name(), Expr.index(lane)));
    }
}

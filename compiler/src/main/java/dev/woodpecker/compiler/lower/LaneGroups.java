package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What can be shown of the iterations of a loop over lanes, when one access is to serve them all. */
record LaneGroups(Loop lanes, int count, Bounds bounds) {
    /** Whether the condition is the same in all lanes: in the first as in the last, and changing at most once between. */
    boolean isWholeOrNothing(Expr condition) {
        if (condition instanceof Expr.Binary(BinaryOp op, Expr left, Expr right) && op == BinaryOp.AND) {
            return isWholeOrNothing(left) && isWholeOrNothing(right);
        }
        return isTheSame(condition) || isTheSame(IndexMath.undivided(condition));
    }

    private boolean isTheSame(Expr condition) {
        if (!condition.anyMatch(lanes.variable()::equals)) {
            return true;
        }
        Expr first = Simplifier.simplify(at(condition, 0), bounds);
        Expr last = Simplifier.simplify(at(condition, count - 1L), bounds);
        Bounds inside = bounds.inside(lanes);
        if (first.equals(last) && !Simplifier.simplify(condition, inside).anyMatch(lanes.variable()::equals)) {
            return true;
        }
        boolean changesOnce = new LaneDependence(lanes.variable(), count, Set.of())
                .inAllLanes(condition)
                .isPresent();
        return changesOnce
                && Simplifier.proves(bounds.assuming(first), last)
                && Simplifier.proves(bounds.assuming(last), first);
    }

    /** Whether an offset in elements goes on by one from lane to lane, from a multiple of their number on. */
    boolean isAligned(Expr offset) {
        Expr start = Simplifier.simplify(at(offset, 0), bounds);
        Expr rest = IndexMath.sub(IndexMath.sub(offset, lanes.variable()), start);
        Bounds inside = bounds.inside(lanes);
        return IndexMath.isConstant(Simplifier.simplify(rest, inside), 0) && bounds.divisorOf(start) % count == 0;
    }

    Expr at(Expr e, long lane) {
        return LoopNest.substitute(e, Map.of(lanes.name(), Expr.index(lane)));
    }

    List<Expr> at(List<Expr> indices, long lane) {
        return indices.stream().map(i -> at(i, lane)).toList();
    }
}

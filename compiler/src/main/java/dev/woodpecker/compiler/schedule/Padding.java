package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Map;
import java.util.Optional;

/** Reductions that may run over more points than they have, since what they read there is zero. */
public final class Padding {
    private Padding() {}

    /**
     * Whether everything in the loop, over points of reductions, is a sum of products whose factors are all zero beyond
     * the loop's extent. One zero factor is enough for bytes alone: that of a float may be an infinity.
     */
    public static boolean addsNothing(LoopNest nest, Stmt.For target) {
        boolean[] nothing = {true};
        target.anyMatch(s -> {
            if (s instanceof Stmt.Compute c) {
                nothing[0] &= addsNothing(nest, c, target.loop());
            }
            return false;
        });
        return nothing[0];
    }

    private static boolean addsNothing(LoopNest nest, Stmt.Compute c, Loop loop) {
        Stage stage = nest.stage(c.stage());
        if (stage.reduction().isEmpty() || stage.reduction().get().op() != ReduceOp.SUM) {
            return false;
        }
        Map<String, Expr> bound = LoopNest.bind(stage.axes(), c.at());
        bound.putAll(LoopNest.bind(stage.reduction().get().axes(), c.over()));
        Expr body = LoopNest.substitute(stage.reduction().get().body(), bound);
        if (!(body instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return false;
        }
        boolean isZero = isZeroBeyond(nest, left, loop);
        boolean isZeroToo = isZeroBeyond(nest, right, loop);
        return op == BinaryOp.DOT4 ? isZero || isZeroToo : op == BinaryOp.MUL && isZero && isZeroToo;
    }

    private static boolean isZeroBeyond(LoopNest nest, Expr factor, Loop loop) {
        if (factor instanceof Expr.Cast(DType _, Expr operand)) {
            return isZeroBeyond(nest, operand, loop);
        }
        if (!(factor instanceof Expr.Read read)) {
            return false;
        }
        Optional<Stage> copy = nest.program().stage(read.tensor());
        if (copy.isEmpty()
                || !(Stages.withoutCasts(copy.get().element()) instanceof Expr.Read source)
                || !source.outside().equals(Optional.of(Expr.zero(source.type())))) {
            return false;
        }
        Map<String, Expr> at = LoopNest.bind(copy.get().axes(), read.indices());
        // A point as far beyond the extent as any; fused axes do not come near the end of the numbers.
        Axis further = new Axis("further", Expr.index(Integer.MAX_VALUE));
        Bounds beyond = Bounds.none().inside(Loop.serial(further, loop.carrier(), loop.origin()));
        Map<String, Expr> point = Map.of(loop.name(), IndexMath.add(loop.extent(), further.variable()));
        for (int axis = 0; axis < source.indices().size(); axis++) {
            Expr place = Simplifier.simplify(
                    LoopNest.substitute(source.indices().get(axis), at),
                    Bounds.none().inside(loop.withExtent(Expr.index(Integer.MAX_VALUE))));
            Expr index = Simplifier.simplify(LoopNest.substitute(place, point), beyond);
            Expr extent = Stages.shape(nest.program(), source.tensor()).get(axis);
            if (Simplifier.proves(beyond, new Expr.Binary(BinaryOp.GE, index, extent))) {
                return true;
            }
        }
        return false;
    }
}

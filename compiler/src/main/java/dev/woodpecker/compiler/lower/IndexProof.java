package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LinearProof;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Shows that an index lies within an extent: by the ranges of its parts, by all conditions of the place together, and where
 * these do not tell, whichever way each choice in it falls.
 */
final class IndexProof {
    private IndexProof() {}

    /** Whether {@code 0 <= index < extent} is shown; both are in normal form. */
    static boolean isWithin(Expr index, Expr extent, Bounds bounds) {
        return isNotNegative(index, bounds) && isBelow(index, extent, bounds);
    }

    private static boolean isNotNegative(Expr e, Bounds bounds) {
        return Simplifier.proves(bounds, new Expr.Binary(BinaryOp.GE, e, Expr.index(0)))
                || LinearProof.isAtMost(Expr.index(0), e, bounds)
                || eachWay(e, bounds, IndexProof::isNotNegative);
    }

    private static boolean isBelow(Expr e, Expr extent, Bounds bounds) {
        return Simplifier.proves(bounds, new Expr.Binary(BinaryOp.LT, e, extent))
                || LinearProof.isAtMost(IndexMath.add(e, Expr.index(1)), extent, bounds)
                || eachWay(e, bounds, (side, inside) -> isBelow(side, extent, inside));
    }

    /** A side of a choice, and where it is taken. */
    private record Side(Expr condition, Expr value) {}

    /** Whether something holds of {@code e} whichever way the first choice in it falls; not where there is none. */
    private static boolean eachWay(Expr e, Bounds bounds, BiPredicate<Expr, Bounds> holds) {
        Optional<Expr> found = firstChoice(e);
        return found.isPresent()
                && sides(found.get()).stream().allMatch(side -> {
                    Bounds there = bounds.assuming(side.condition)
                            .assuming(new Expr.Binary(BinaryOp.EQ, found.get(), side.value));
                    return holds.test(with(e, found.get(), side.value), there);
                });
    }

    private static Optional<Expr> firstChoice(Expr e) {
        return sides(e).isEmpty()
                ? e.operands().stream()
                        .map(IndexProof::firstChoice)
                        .flatMap(Optional::stream)
                        .findFirst()
                : Optional.of(e);
    }

    /** Empty of what is no choice. */
    private static List<Side> sides(Expr e) {
        if (e instanceof Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse)) {
            Expr not = new Expr.Unary(UnaryOp.NOT, condition);
            return List.of(new Side(condition, whenTrue), new Side(not, whenFalse));
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b) && (op == BinaryOp.MIN || op == BinaryOp.MAX)) {
            Expr less = new Expr.Binary(op == BinaryOp.MIN ? BinaryOp.LE : BinaryOp.GE, a, b);
            Expr greater = new Expr.Binary(op == BinaryOp.MIN ? BinaryOp.GE : BinaryOp.LE, a, b);
            return List.of(new Side(less, a), new Side(greater, b));
        }
        return List.of();
    }

    private static Expr with(Expr e, Expr choice, Expr side) {
        return e.equals(choice) ? side : e.mapOperands(operand -> with(operand, choice, side));
    }
}

package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Bounds;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Simplifier;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * Shows that an index lies within an extent: by the ranges and conditions of the place, and where these do not tell, by
 * what a minimum, a maximum, a quotient or a choice is made of.
 */
final class IndexProof {
    private IndexProof() {}

    /** Whether {@code 0 <= index < extent} is shown; both are in normal form. */
    static boolean isWithin(Expr index, Expr extent, Bounds bounds) {
        return isNotNegative(index, bounds) && isBelow(index, extent, bounds);
    }

    private static boolean isNotNegative(Expr e, Bounds bounds) {
        if (Simplifier.proves(bounds, new Expr.Binary(BinaryOp.GE, e, Expr.index(0)))) {
            return true;
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b)) {
            if (op == BinaryOp.MAX) {
                return isNotNegative(a, bounds) || isNotNegative(b, bounds);
            }
            if (op == BinaryOp.MIN) {
                return isNotNegative(a, bounds) && isNotNegative(b, bounds);
            }
            if (op == BinaryOp.DIV && b instanceof Expr.IntConst(long c, DType _) && c > 0) {
                return isNotNegative(a, bounds);
            }
        }
        return bothWays(e, bounds, IndexProof::isNotNegative);
    }

    private static boolean isBelow(Expr e, Expr extent, Bounds bounds) {
        boolean shown = Simplifier.proves(bounds, new Expr.Binary(BinaryOp.LT, e, extent))
                || extent instanceof Expr.IntConst(long limit, DType _) && bounds.greatest(e) < limit;
        if (shown) {
            return true;
        }
        if (e instanceof Expr.Binary(BinaryOp op, Expr a, Expr b)) {
            if (op == BinaryOp.MAX) {
                return isBelow(a, extent, bounds) && isBelow(b, extent, bounds);
            }
            if (op == BinaryOp.MIN) {
                return isBelow(a, extent, bounds) || isBelow(b, extent, bounds);
            }
            if (op == BinaryOp.DIV && b instanceof Expr.IntConst(long c, DType _) && c > 0) {
                return isBelow(a, IndexMath.mul(extent, Expr.index(c)), bounds);
            }
        }
        return bothWays(e, bounds, (side, inside) -> isBelow(side, extent, inside));
    }

    /** Whether something holds of {@code e} whichever side a choice in it falls on; not where there is none. */
    private static boolean bothWays(Expr e, Bounds bounds, BiPredicate<Expr, Bounds> holds) {
        Optional<Expr.Select> found = firstChoice(e);
        if (found.isEmpty()) {
            return false;
        }
        Expr.Select choice = found.get();
        return holds.test(with(e, choice, choice.whenTrue()), bounds.assuming(choice.condition()))
                && holds.test(with(e, choice, choice.whenFalse()), bounds.assumingNot(choice.condition()));
    }

    private static Optional<Expr.Select> firstChoice(Expr e) {
        return switch (e) {
            case Expr.Select choice -> Optional.of(choice);
            case Expr.Binary(BinaryOp _, Expr a, Expr b) -> firstChoice(a).or(() -> firstChoice(b));
            default -> Optional.empty();
        };
    }

    private static Expr with(Expr e, Expr.Select choice, Expr side) {
        return e.equals(choice) ? side : e.mapOperands(operand -> with(operand, choice, side));
    }
}

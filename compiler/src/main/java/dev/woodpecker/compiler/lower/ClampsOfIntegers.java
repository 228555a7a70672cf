package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.ConstantExtreme;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.FloatRange;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.List;
import java.util.Optional;

/**
 * Shortens what brings floats into the range of the integers that they become, as quantisation does after an activation. A
 * limit that cannot be reached is dropped, and nothing is done for the sign of a zero, which an integer does not have: zeros
 * get the signs with which a minimum or maximum is one comparison. Exact. Requires: minima, maxima and roundings are not
 * written out yet.
 *
 * <pre>
 * i32(max(min(rint(min(max(x, 0), 6) * 42.5) + 0, 255), 0))      ->      i32(rint(min(max(x, -0), 6) * 42.5))
 * </pre>
 */
final class ClampsOfIntegers {
    private ClampsOfIntegers() {}

    static Stmt apply(Stmt stmt) {
        return stmt.rewrite(s -> s, e -> e.rewrite(ClampsOfIntegers::shortened));
    }

    private static Expr shortened(Expr e) {
        return e instanceof Expr.Cast(var type, Expr operand)
                        && type.isInteger()
                        && operand.type().isFloat()
                ? new Expr.Cast(type, unsigned(operand))
                : e;
    }

    /** The same but for the sign of a zero. */
    private static Expr unsigned(Expr e) {
        Optional<ConstantExtreme> extreme = ConstantExtreme.of(e);
        if (extreme.isPresent()) {
            return limited(extreme.get(), unsigned(extreme.get().x()));
        }
        return switch (e) {
            case Expr.Binary(BinaryOp op, Expr x, Expr c)
            when op == BinaryOp.ADD && isConstant(c) -> isZero(c) ? unsigned(x) : new Expr.Binary(op, unsigned(x), c);
            case Expr.Binary(BinaryOp op, Expr x, Expr c)
            when op == BinaryOp.MUL && isConstant(c) -> new Expr.Binary(op, unsigned(x), c);
            case Expr.Call c
            when c.function() == MathFunction.RINT ->
                new Expr.Call(c.function(), List.of(unsigned(c.arguments().getFirst())));
            case Expr other -> other;
        };
    }

    private static Expr limited(ConstantExtreme extreme, Expr x) {
        FloatRange range = FloatRange.of(x);
        boolean holds = extreme.isMaximum() ? range.min() >= extreme.value() : range.max() <= extreme.value();
        if (holds) {
            return x;
        }
        Expr constant = extreme.isZeroTaken() ? otherZero(extreme) : extreme.constant();
        return new Expr.Binary(extreme.op(), x, constant);
    }

    private static Expr otherZero(ConstantExtreme extreme) {
        Expr zero = new Expr.FloatConst(-extreme.value(), extreme.x().type());
        return extreme.x().lanes() == 1
                ? zero
                : new Expr.Broadcast(zero, extreme.x().lanes());
    }

    private static boolean isConstant(Expr e) {
        return FloatRange.constant(e).isPresent();
    }

    private static boolean isZero(Expr e) {
        return FloatRange.constant(e).orElse(1) == 0;
    }
}

package dev.woodpecker.compiler.ir;

import java.util.OptionalDouble;

/**
 * Where a float is that is not NaN, as far as constants in its expression tell: from {@code min} to {@code max}, both
 * included. What is rounded keeps its order, so that the ends of a range become the ends of the rounded one.
 */
public record FloatRange(double min, double max) {
    private static final FloatRange ANY = new FloatRange(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

    public static FloatRange of(Expr e) {
        OptionalDouble constant = constant(e);
        if (constant.isPresent()) {
            return new FloatRange(constant.getAsDouble(), constant.getAsDouble());
        }
        return switch (e) {
            case Expr.Broadcast(Expr value, int _) -> of(value);
            case Expr.Binary b when b.type().isFloat() -> ofBinary(b);
            case Expr.Call c
            when c.function() == MathFunction.RINT -> {
                FloatRange x = of(c.arguments().getFirst());
                yield new FloatRange(Math.rint(x.min), Math.rint(x.max));
            }
            case Expr other -> ANY;
        };
    }

    /** Of a constant float or a vector of it, rounded to its type; no NaN. */
    public static OptionalDouble constant(Expr e) {
        return switch (e) {
            case Expr.Broadcast(Expr value, int _) -> constant(value);
            case Expr.FloatConst(double value, DType type)
            when !Double.isNaN(value) -> OptionalDouble.of(Arithmetic.round(type, value));
            case Expr other -> OptionalDouble.empty();
        };
    }

    private static FloatRange ofBinary(Expr.Binary b) {
        FloatRange x = of(b.left());
        FloatRange y = of(b.right());
        return switch (b.op()) {
            case MIN -> new FloatRange(Math.min(x.min, y.min), Math.min(x.max, y.max));
            case MAX -> new FloatRange(Math.max(x.min, y.min), Math.max(x.max, y.max));
            // A product that is added to may not have been rounded before.
            case ADD ->
                isProduct(b.left()) || isProduct(b.right()) || x.isEndless() || y.isEndless()
                        ? ANY
                        : rounded(b.type(), x.min + y.min, x.max + y.max);
            case MUL -> {
                double[] ends = {x.min * y.min, x.min * y.max, x.max * y.min, x.max * y.max};
                yield x.isEndless() || y.isEndless()
                        ? ANY
                        : rounded(
                                b.type(),
                                Math.min(Math.min(ends[0], ends[1]), Math.min(ends[2], ends[3])),
                                Math.max(Math.max(ends[0], ends[1]), Math.max(ends[2], ends[3])));
            }
            case SUB, DIV, REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> ANY;
        };
    }

    private static boolean isProduct(Expr e) {
        return e instanceof Expr.Binary b && b.op() == BinaryOp.MUL;
    }

    /** In single precision sums and products of doubles are exact, or nearly, before they are rounded. */
    private static FloatRange rounded(DType type, double min, double max) {
        return type == DType.F32 ? new FloatRange(Arithmetic.round(type, min), Arithmetic.round(type, max)) : ANY;
    }

    private boolean isEndless() {
        return Double.isInfinite(min) || Double.isInfinite(max);
    }

    /** Whether all of it, and NaN, which becomes 0, converts to 32 bits without reaching their ends. */
    public boolean fitsInt() {
        return min >= Integer.MIN_VALUE && max <= Integer.MAX_VALUE;
    }
}

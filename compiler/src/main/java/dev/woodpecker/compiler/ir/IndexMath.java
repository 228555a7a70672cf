package dev.woodpecker.compiler.ir;

import java.util.OptionalLong;

/** Builds index arithmetic, folding constants and neutral elements on the way. */
public final class IndexMath {
    private IndexMath() {}

    public static OptionalLong constant(Expr e) {
        return e instanceof Expr.IntConst(long value, DType _) ? OptionalLong.of(value) : OptionalLong.empty();
    }

    public static boolean isConstant(Expr e, long value) {
        return e instanceof Expr.IntConst c && c.value() == value;
    }

    public static Expr add(Expr a, Expr b) {
        if (isConstant(a, 0)) {
            return b;
        }
        if (isConstant(b, 0)) {
            return a;
        }
        return fold(BinaryOp.ADD, a, b);
    }

    public static Expr sub(Expr a, Expr b) {
        return isConstant(b, 0) ? a : fold(BinaryOp.SUB, a, b);
    }

    public static Expr mul(Expr a, Expr b) {
        if (isConstant(a, 1) || isConstant(b, 0)) {
            return b;
        }
        if (isConstant(b, 1) || isConstant(a, 0)) {
            return a;
        }
        return fold(BinaryOp.MUL, a, b);
    }

    public static Expr div(Expr a, long divisor) {
        return divisor == 1 ? a : fold(BinaryOp.DIV, a, Expr.index(divisor));
    }

    public static Expr rem(Expr a, long divisor) {
        return divisor == 1 ? Expr.index(0) : fold(BinaryOp.REM, a, Expr.index(divisor));
    }

    /** Rounded up; {@code a} is not negative. */
    public static Expr ceilDiv(Expr a, long divisor) {
        OptionalLong value = constant(a);
        return value.isPresent()
                ? Expr.index(Math.ceilDiv(value.getAsLong(), divisor))
                : div(add(a, Expr.index(divisor - 1)), divisor);
    }

    public static Expr less(Expr a, Expr b) {
        return fold(BinaryOp.LT, a, b);
    }

    /** Conjunction of conditions. */
    public static Expr and(Expr a, Expr b) {
        if (isConstant(a, 1) || isConstant(b, 0)) {
            return b;
        }
        if (isConstant(b, 1) || isConstant(a, 0)) {
            return a;
        }
        return a.equals(b) ? a : new Expr.Binary(BinaryOp.AND, a, b);
    }

    /** A conjunction whose terms {@code x / c < n} are {@code x < n * c}: what is so of neighbours is seen there. */
    public static Expr undivided(Expr condition) {
        return condition.rewrite(e -> e instanceof Expr.Binary(BinaryOp less, Expr quotient, Expr bound)
                        && less == BinaryOp.LT
                        && quotient instanceof Expr.Binary(BinaryOp op, Expr x, Expr divisor)
                        && op == BinaryOp.DIV
                        && constant(divisor).orElse(0) > 0
                        && constant(bound).orElse(0) > 0
                ? less(x, mul(bound, divisor))
                : e);
    }

    /** {@code 0 <= index < extent}. */
    public static Expr within(Expr index, Expr extent) {
        Expr notNegative = new Expr.Binary(BinaryOp.GE, index, Expr.index(0));
        return and(notNegative, less(index, extent));
    }

    private static Expr fold(BinaryOp op, Expr a, Expr b) {
        if (a instanceof Expr.IntConst(long x, DType type) && b instanceof Expr.IntConst(long y, DType _)) {
            boolean divides = op == BinaryOp.DIV || op == BinaryOp.REM;
            if (!divides || y != 0) {
                return switch (op) {
                    case ADD -> new Expr.IntConst(x + y, type);
                    case SUB -> new Expr.IntConst(x - y, type);
                    case MUL -> new Expr.IntConst(x * y, type);
                    case DIV -> new Expr.IntConst(x / y, type);
                    case REM -> new Expr.IntConst(x % y, type);
                    case LT -> x < y ? Expr.TRUE : Expr.FALSE;
                    case MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4, LE, GT, GE, EQ, NE -> new Expr.Binary(op, a, b);
                };
            }
        }
        return new Expr.Binary(op, a, b);
    }
}

package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.FloatRange;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Builds expressions, folding what is constant or neutral on the way. Index arithmetic goes through the {@link Simplifier};
 * what reads elements is left alone but for its own node, so that shared nodes stay shared, and floats are folded
 * only where the result is the same bit for bit.
 */
final class Folding {
    private final AxisBounds bounds;

    Folding(AxisBounds bounds) {
        this.bounds = bounds;
    }

    Expr add(Expr a, Expr b) {
        return binary(BinaryOp.ADD, a, b);
    }

    Expr sub(Expr a, Expr b) {
        return binary(BinaryOp.SUB, a, b);
    }

    Expr mul(Expr a, Expr b) {
        return binary(BinaryOp.MUL, a, b);
    }

    Expr not(Expr condition) {
        return unary(UnaryOp.NOT, condition);
    }

    /** Both operands have one type; a divisor is not the constant 0. */
    Expr binary(BinaryOp op, Expr a, Expr b) {
        if (a.type().isFloat()) {
            return floats(op, a, b);
        }
        if (op == BinaryOp.MIN || op == BinaryOp.MAX) {
            Optional<Expr> decided = extreme(op, a, b);
            if (decided.isPresent()) {
                return decided.get();
            }
        }
        Expr plain = new Expr.Binary(op, a, b);
        return isIndex(plain)
                ? Simplifier.simplify(plain, bounds.current())
                : neutral(op, a, b).orElse(plain);
    }

    Expr unary(UnaryOp op, Expr a) {
        Expr plain = new Expr.Unary(op, a);
        if (isIndex(a)) {
            return Simplifier.simplify(plain, bounds.current());
        }
        return Arithmetic.unary(op, a)
                .orElse(a instanceof Expr.Unary inner && inner.op() == op ? inner.operand() : plain);
    }

    Expr call(MathFunction function, Expr a) {
        if (a instanceof Expr.FloatConst(double x, DType type)) {
            OptionalDouble folded = Arithmetic.call(function, type, x);
            if (folded.isPresent()) {
                return new Expr.FloatConst(folded.getAsDouble(), type);
            }
        }
        return new Expr.Call(function, List.of(a));
    }

    Expr power(Expr a, Expr b) {
        if (b instanceof Expr.FloatConst(double y, DType _) && (y == 1 || y == 2)) {
            return y == 1 ? a : mul(a, a);
        }
        return new Expr.Call(MathFunction.POW, List.of(a, b));
    }

    /** Conversion by value; a detour through a type that holds every value of the first is left out. */
    Expr cast(DType type, Expr a) {
        if (a.type() == type) {
            return a;
        }
        Optional<Expr> folded = Arithmetic.cast(type, a);
        if (folded.isPresent()) {
            return folded.get();
        }
        if (a instanceof Expr.Cast(DType middle, Expr inner)) {
            if (holdsAll(middle, inner.type())) {
                return cast(type, inner);
            }
            boolean detours = middle == DType.I64 && type.isInteger() && type.bytes() <= Integer.BYTES;
            if (detours && inner.type().isFloat() && FloatRange.of(inner).fitsInt()) {
                return cast(type, new Expr.Cast(DType.I32, inner));
            }
        }
        return new Expr.Cast(type, a);
    }

    /** {@link #cast}, moved to the leaves of a choice between values that are only moved. */
    Expr narrow(DType type, Expr a) {
        return a instanceof Expr.Select(Expr condition, Expr whenTrue, Expr whenFalse) && moves(type, a)
                ? new Expr.Select(condition, narrow(type, whenTrue), narrow(type, whenFalse))
                : cast(type, a);
    }

    /** Whether {@code a} is made of values of {@code type}, widened and chosen between but not computed with. */
    boolean moves(DType type, Expr a) {
        return a.type() == type
                || switch (a) {
                    case Expr.Cast(DType wide, Expr inner) -> inner.type() == type && holdsAll(wide, type);
                    case Expr.Select(Expr _, Expr whenTrue, Expr whenFalse) ->
                        moves(type, whenTrue) && moves(type, whenFalse);
                    case Expr.FloatConst(double x, DType _) -> type.isFloat() && same(Arithmetic.round(type, x), x);
                    case Expr.IntConst(long x, DType _) -> type.isInteger() && Arithmetic.wrap(type, x) == x;
                    default -> false;
                };
    }

    Expr select(Expr condition, Expr whenTrue, Expr whenFalse) {
        if (condition instanceof Expr.IntConst(long value, DType _)) {
            return value != 0 ? whenTrue : whenFalse;
        }
        Expr plain = new Expr.Select(condition, whenTrue, whenFalse);
        if (isIndex(plain)) {
            return Simplifier.simplify(plain, bounds.current());
        }
        boolean isCondition = Expr.TRUE.equals(whenTrue) && Expr.FALSE.equals(whenFalse);
        return whenTrue.equals(whenFalse) ? whenTrue : isCondition ? condition : plain;
    }

    OptionalLong constant(Expr e) {
        return e instanceof Expr.IntConst(long value, DType _) ? OptionalLong.of(value) : OptionalLong.empty();
    }

    static boolean isConstant(Expr e, long value) {
        return e instanceof Expr.IntConst c && c.value() == value;
    }

    /** Whether {@code e} depends on indices and sizes alone. */
    private static boolean isIndex(Expr e) {
        return switch (e) {
            case Expr.IntConst _, Expr.Var _, Expr.Param _ -> true;
            case Expr.Binary _, Expr.Unary _, Expr.Select _, Expr.Cast _, Expr.TableEntry _ ->
                e.operands().stream().allMatch(Folding::isIndex);
            case Expr.FloatConst _,
                    Expr.Call _,
                    Expr.Bitcast _,
                    Expr.Read _,
                    Expr.Accumulator _,
                    Expr.Reduce _,
                    Expr.Load _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> false;
        };
    }

    private static boolean holdsAll(DType wide, DType narrow) {
        return switch (wide) {
            case F64 -> narrow.isFloat();
            case F32 -> narrow == DType.F16 || narrow == DType.BF16 || narrow == DType.TF32;
            case I16, U16, I32, U32, I64 -> {
                Interval range = Interval.of(wide);
                yield narrow.isInteger()
                        && narrow != DType.U64
                        && Interval.of(narrow).within(range.min(), range.max());
            }
            case F16, BF16, TF32, I8, U8, U64, BOOL -> false;
        };
    }

    /** The one of two integers that is never beyond the other, where the ranges tell. */
    private Optional<Expr> extreme(BinaryOp op, Expr a, Expr b) {
        if (a.type() == DType.U64) {
            return Optional.empty();
        }
        Interval x = bounds.of(a);
        Interval y = bounds.of(b);
        boolean aIsLess = x.max() <= y.min();
        boolean bIsLess = y.max() <= x.min();
        return aIsLess || bIsLess ? Optional.of(aIsLess == (op == BinaryOp.MIN) ? a : b) : Optional.empty();
    }

    /** Of integers and booleans that are read. */
    private static Optional<Expr> neutral(BinaryOp op, Expr a, Expr b) {
        boolean right = switch (op) {
            case ADD, SUB, OR, XOR, SHL, SHR -> isConstant(b, 0);
            case MUL, DIV -> isConstant(b, 1);
            case AND -> b.equals(Expr.TRUE) || isConstant(a, 0);
            case REM, MIN, MAX, DOT4, LT, LE, GT, GE, EQ, NE -> false;
        };
        boolean left = switch (op) {
            case ADD, OR, XOR -> isConstant(a, 0);
            case MUL -> isConstant(a, 1);
            case AND -> a.equals(Expr.TRUE) || isConstant(b, 0);
            case SUB, DIV, REM, MIN, MAX, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> false;
        };
        return right ? Optional.of(a) : left ? Optional.of(b) : Optional.empty();
    }

    private static Expr floats(BinaryOp op, Expr a, Expr b) {
        if (a instanceof Expr.FloatConst(double x, DType type) && b instanceof Expr.FloatConst(double y, DType _)) {
            return op.isComparison()
                    ? (Arithmetic.compare(op, x, y) ? Expr.TRUE : Expr.FALSE)
                    : new Expr.FloatConst(Arithmetic.real(op, type, x, y).orElseThrow(), type);
        }
        return isNeutralLeft(op, a, b) ? b : isNeutralRight(op, b, a) ? a : new Expr.Binary(op, a, b);
    }

    /** Whether {@code op(constant, other)} is {@code other}, its sign of zero included. */
    private static boolean isNeutralLeft(BinaryOp op, Expr constant, Expr other) {
        return switch (op) {
            case ADD -> isFloat(constant, -0.0) || isFloat(constant, 0.0) && isNeverMinusZero(other);
            case MUL -> isFloat(constant, 1);
            case MAX -> isFloat(constant, Double.NEGATIVE_INFINITY);
            case MIN -> isFloat(constant, Double.POSITIVE_INFINITY);
            case SUB, DIV, REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> false;
        };
    }

    private static boolean isNeutralRight(BinaryOp op, Expr constant, Expr other) {
        return switch (op) {
            case ADD, MUL, MAX, MIN -> isNeutralLeft(op, constant, other);
            case SUB -> isFloat(constant, 0.0);
            case DIV -> isFloat(constant, 1);
            case REM, AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> false;
        };
    }

    private static boolean isFloat(Expr e, double value) {
        return e instanceof Expr.FloatConst c && same(c.value(), value);
    }

    private static boolean same(double a, double b) {
        return Double.doubleToLongBits(a) == Double.doubleToLongBits(b);
    }

    /** A sum that starts at +0 never becomes -0, nor does a sum of which one part is never -0. */
    private static boolean isNeverMinusZero(Expr e) {
        return switch (e) {
            case Expr.Reduce r -> r.op() == ReduceOp.SUM;
            case Expr.FloatConst c -> !same(c.value(), -0.0);
            case Expr.Binary(var op, Expr a, Expr b) ->
                op == BinaryOp.ADD && (isNeverMinusZero(a) || isNeverMinusZero(b));
            case Expr.Call c -> c.function() == MathFunction.EXP || c.function() == MathFunction.ABS;
            default -> false;
        };
    }
}

package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives the first-order operations on elements their types. Short floats compute as fp32 and short integers as i32;
 * integers of one type stay in it, of two types go to i64; literals and indices adapt to what they meet.
 */
final class Elements {
    private final Folding fold;
    private final AxisBounds bounds;
    private final Problems problems;
    private final DType floatType;

    /** {@code floatType} is what floats compute in: {@code F64} where an input is of that type, else {@code F32}. */
    Elements(Folding fold, AxisBounds bounds, Problems problems, DType floatType) {
        this.fold = fold;
        this.bounds = bounds;
        this.problems = problems;
        this.floatType = floatType;
    }

    Scalar literal(double value) {
        return new Scalar(
                Kind.FLOAT, new Expr.FloatConst(Arithmetic.round(floatType, value), floatType), floatType, true);
    }

    /** An element as it was read from memory. */
    Scalar loaded(Kind kind, Expr read, DType stored, boolean weak) {
        return switch (kind) {
            case FLOAT -> new Scalar(kind, read.type().isFloat() ? fold.cast(floatType, read) : read, stored, weak);
            case INT -> new Scalar(kind, fold.cast(read.type().accumulator(), read), stored, weak);
            default -> Scalar.bool(read);
        };
    }

    Scalar apply(Op op, List<Scalar> operands, Origin origin) {
        Scalar a = operands.getFirst();
        return switch (op) {
            case ADD -> binary(BinaryOp.ADD, a, operands.get(1), origin);
            case SUB -> binary(BinaryOp.SUB, a, operands.get(1), origin);
            case MUL -> binary(BinaryOp.MUL, a, operands.get(1), origin);
            case DIV -> binary(BinaryOp.DIV, a, operands.get(1), origin);
            case REM -> binary(BinaryOp.REM, a, operands.get(1), origin);
            case MIN -> binary(BinaryOp.MIN, a, operands.get(1), origin);
            case MAX -> binary(BinaryOp.MAX, a, operands.get(1), origin);
            case FLOOR_DIV -> floorDivision(a, operands.get(1), true, origin);
            case FLOOR_MOD -> floorDivision(a, operands.get(1), false, origin);
            case LT -> binary(BinaryOp.LT, a, operands.get(1), origin);
            case LE -> binary(BinaryOp.LE, a, operands.get(1), origin);
            case GT -> binary(BinaryOp.GT, a, operands.get(1), origin);
            case GE -> binary(BinaryOp.GE, a, operands.get(1), origin);
            case EQ -> binary(BinaryOp.EQ, a, operands.get(1), origin);
            case NE -> binary(BinaryOp.NE, a, operands.get(1), origin);
            case AND -> binary(BinaryOp.AND, a, operands.get(1), origin);
            case OR -> binary(BinaryOp.OR, a, operands.get(1), origin);
            case XOR -> binary(BinaryOp.XOR, a, operands.get(1), origin);
            case SHL, SHR, USHR -> shift(op, a, operands.get(1));
            case DOT4 -> dot4(a, operands.get(1));
            case NEG -> with(a, fold.unary(UnaryOp.NEG, computable(a, origin)));
            case BIT_NOT -> with(a, fold.unary(UnaryOp.BIT_NOT, a.expr()));
            case NOT -> Scalar.bool(fold.unary(UnaryOp.NOT, a.expr()));
            case ABS -> absolute(a, origin);
            case TO_FLOAT -> toFloat(a);
            case TO_INT -> toInt(a, origin);
            case SIGNUM -> signum(toFloat(a), origin);
            case POW -> power(toFloat(a), toFloat(operands.get(1)), origin);
            case IS_NAN -> isNaN(toFloat(a), origin);
            case IS_INFINITE -> isInfinite(toFloat(a), origin);
            case SQRT,
                    FLOOR,
                    CEIL,
                    RINT,
                    TRUNC,
                    EXP,
                    EXPM1,
                    LOG,
                    LOG1P,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    ASINH,
                    ACOSH,
                    ATANH,
                    ERF -> {
                Scalar x = toFloat(a);
                yield with(x, fold.call(MathFunction.valueOf(op.name()), computable(x, origin)));
            }
            case AND_ALSO,
                    OR_ELSE,
                    SELECT,
                    SIZE,
                    RANK,
                    SHAPE,
                    LENGTH,
                    ELEMENT,
                    ARRAY,
                    AT,
                    AT_OR,
                    INDEX_OF,
                    GET,
                    PICK,
                    DROP,
                    WEAVE,
                    WITH,
                    INDEX_CONCAT,
                    PRODUCT,
                    FIRST,
                    FROM,
                    BROADCAST,
                    WITHIN,
                    CONCAT,
                    OUTPUTS,
                    OUTPUT -> throw new IllegalStateException(op + " is not an operation on elements alone");
        };
    }

    Scalar select(Expr condition, Scalar a, Scalar b, Origin origin) {
        Pair pair = a.isMovedOnly() || b.isMovedOnly() ? moved(a, b, origin) : unify(a, b, origin);
        return new Scalar(pair.kind, fold.select(condition, pair.left, pair.right), pair.stored, pair.weak);
    }

    /** {@code a} as an element of memory of {@code type}, without arithmetic where {@code a} was only moved. */
    Expr stored(Scalar a, DType type, Origin origin) {
        boolean fits = switch (a.kind()) {
            case FLOAT ->
                type.isFloat()
                        ? a.stored().isFloat()
                        : a.stored() == type || a.weak() && a.expr() instanceof Expr.FloatConst;
            case INT -> type.isInteger();
            default -> type == DType.BOOL;
        };
        if (!fits) {
            throw problems.at(
                    origin,
                    "the result has "
                            + (a.kind() == Kind.FLOAT && a.stored().isFloat()
                                    ? "float"
                                    : a.stored().text()) + " elements, which cannot be stored as " + type.text());
        }
        return fold.narrow(type, a.expr());
    }

    /** The type that a stage keeps {@code a} in: what it was read as where it is only moved, else what it was computed in. */
    DType kept(Scalar a) {
        return !a.weak() && fold.moves(a.stored(), a.expr())
                ? a.stored()
                : a.expr().type();
    }

    /** A float that adapts to what it meets. */
    Scalar weakFloat(Expr a) {
        return new Scalar(Kind.FLOAT, fold.cast(floatType, a), floatType, true);
    }

    /** {@code a} as a value of {@code type}, if that changes nothing. */
    Optional<Expr> exactly(Scalar a, Kind kind, DType type) {
        if (kind == Kind.BOOL || a.stored() == type && a.expr().type() == type) {
            return Optional.of(a.expr());
        }
        if (kind == Kind.FLOAT && !type.isFloat() && a.expr() instanceof Expr.FloatConst) {
            return Optional.of(fold.cast(type, a.expr()));
        }
        return fold.moves(type, a.expr()) ? Optional.of(fold.narrow(type, a.expr())) : Optional.empty();
    }

    /** {@code a} for arithmetic. */
    Expr computable(Scalar a, Origin origin) {
        if (a.isMovedOnly()) {
            throw problems.at(
                    origin,
                    "computes with elements of type " + a.stored().text()
                            + (tensorOf(a.expr()).isEmpty() ? "" : " of " + tensorOf(a.expr()))
                            + "; as a Tensor it may be f32, f16, bf16 or f64 here (other types only where elements are"
                            + " moved, not computed with)");
        }
        return a.expr();
    }

    Scalar toFloat(Scalar a) {
        return a.kind() == Kind.INT ? new Scalar(Kind.FLOAT, fold.cast(floatType, a.expr()), floatType, true) : a;
    }

    /** {@code a} as an index. */
    Expr index(Scalar a) {
        return fold.cast(DType.I64, a.expr());
    }

    /** The body of a reduction and its identity are in the type of arithmetic; nothing may be reduced that may only be moved. */
    Scalar reduced(ReduceOp op, Scalar body, Expr reduce, Origin origin) {
        computable(body, origin);
        return op == ReduceOp.ANY || op == ReduceOp.ALL ? Scalar.bool(reduce) : with(body, reduce);
    }

    private record Pair(Kind kind, Expr left, Expr right, DType stored, boolean weak) {}

    private Scalar binary(BinaryOp op, Scalar a, Scalar b, Origin origin) {
        computable(a, origin);
        computable(b, origin);
        Pair pair = unify(a, b, origin);
        boolean divides = op == BinaryOp.DIV || op == BinaryOp.REM;
        if (divides && pair.kind == Kind.INT && pair.right instanceof Expr.IntConst(long zero, DType _) && zero == 0) {
            throw problems.at(origin, "an integer is divided by zero");
        }
        Expr result = fold.binary(op, pair.left, pair.right);
        if (pair.kind == Kind.INT
                && (op == BinaryOp.MIN || op == BinaryOp.MAX)
                && (result == pair.left || result == pair.right)) {
            // Decided by the ranges: what was widened for the comparison need not stay so.
            Scalar chosen = result == pair.left ? a : b;
            return new Scalar(Kind.INT, chosen.expr(), pair.stored, chosen.weak());
        }
        return op.isComparison() ? Scalar.bool(result) : new Scalar(pair.kind, result, pair.stored, pair.weak);
    }

    /** Both in one type. */
    private Pair unify(Scalar a, Scalar b, Origin origin) {
        if (a.kind() != b.kind() && (a.kind() == Kind.BOOL || b.kind() == Kind.BOOL)) {
            throw problems.at(origin, "a boolean meets a number");
        }
        if (a.kind() == Kind.BOOL) {
            return new Pair(Kind.BOOL, a.expr(), b.expr(), DType.BOOL, false);
        }
        if (a.kind() == Kind.FLOAT || b.kind() == Kind.FLOAT) {
            Scalar x = toFloat(a);
            Scalar y = toFloat(b);
            DType stored = x.weak() ? y.stored() : y.weak() ? x.stored() : joined(x.stored(), y.stored());
            return new Pair(Kind.FLOAT, x.expr(), y.expr(), stored, x.weak() && y.weak());
        }
        if (a.weak() == b.weak()) {
            DType stored = joined(a.stored(), b.stored());
            DType type = a.expr().type() == b.expr().type() ? a.expr().type() : DType.I64;
            return new Pair(Kind.INT, fold.cast(type, a.expr()), fold.cast(type, b.expr()), stored, a.weak());
        }
        Scalar strong = a.weak() ? b : a;
        Scalar weak = a.weak() ? a : b;
        DType type = fitsIn(strong.expr().type(), weak.expr()) ? strong.expr().type() : DType.I64;
        return new Pair(Kind.INT, fold.cast(type, a.expr()), fold.cast(type, b.expr()), strong.stored(), false);
    }

    private boolean fitsIn(DType type, Expr e) {
        Interval range = bounds.of(e);
        Interval allowed = Interval.of(type);
        return range.within(type == DType.U64 ? 0 : allowed.min(), allowed.max());
    }

    private Pair moved(Scalar a, Scalar b, Origin origin) {
        Scalar mover = a.isMovedOnly() ? a : b;
        Scalar other = a.isMovedOnly() ? b : a;
        boolean constant = other.weak() && other.expr() instanceof Expr.FloatConst;
        if (!constant && other.stored() != mover.stored()) {
            throw problems.at(
                    origin,
                    "chooses between elements of type " + mover.stored().text() + " and "
                            + other.stored().text() + "; they must be of one type");
        }
        DType type = mover.stored();
        return new Pair(Kind.FLOAT, fold.cast(type, a.expr()), fold.cast(type, b.expr()), type, false);
    }

    private static DType joined(DType a, DType b) {
        if (a == b) {
            return a;
        }
        if (a.isFloat()) {
            return a == DType.F64 || b == DType.F64 ? DType.F64 : DType.F32;
        }
        return DType.I64;
    }

    private Scalar absolute(Scalar a, Origin origin) {
        Expr x = computable(a, origin);
        if (x.type().isFloat()) {
            return with(a, fold.call(MathFunction.ABS, x));
        }
        return bounds.of(x).min() >= 0 || x.type().kind() == DType.Kind.UNSIGNED
                ? a
                : with(a, fold.binary(BinaryOp.MAX, x, fold.unary(UnaryOp.NEG, x)));
    }

    /** Integer quotient or remainder of the rounding towards minus infinity. */
    private Scalar floorDivision(Scalar a, Scalar b, boolean quotient, Origin origin) {
        Scalar remainder = binary(BinaryOp.REM, a, b, origin);
        Pair pair = unify(a, b, origin);
        Expr x = pair.left;
        Expr y = pair.right;
        DType type = x.type();
        if (type.kind() == DType.Kind.UNSIGNED
                || bounds.of(x).min() >= 0 && bounds.of(y).min() > 0) {
            return quotient ? binary(BinaryOp.DIV, a, b, origin) : remainder;
        }
        Expr r = remainder.expr();
        Expr zero = Expr.zero(type);
        // Only a remainder of the other sign than the divisor is rounded differently.
        Expr inexact = bounds.of(y).min() > 0
                ? fold.binary(BinaryOp.LT, r, zero)
                : fold.binary(
                        BinaryOp.AND,
                        fold.binary(BinaryOp.NE, r, zero),
                        fold.binary(BinaryOp.LT, fold.binary(BinaryOp.XOR, r, y), zero));
        Expr result = quotient
                ? fold.sub(fold.binary(BinaryOp.DIV, x, y), fold.cast(type, inexact))
                : fold.select(inexact, fold.add(r, y), r);
        return new Scalar(Kind.INT, result, pair.stored, pair.weak);
    }

    private Scalar dot4(Scalar a, Scalar b) {
        Expr sum = fold.binary(BinaryOp.DOT4, fold.cast(DType.I32, a.expr()), fold.cast(DType.I32, b.expr()));
        return new Scalar(Kind.INT, sum, DType.I32, false);
    }

    /** Elements shift as Java's {@code long}s do: with a distance from 0 to 63, sign- or zero-extended by their type. */
    private Scalar shift(Op op, Scalar a, Scalar distance) {
        Expr x = a.expr();
        Expr d = index(distance);
        Interval range = bounds.of(d);
        boolean narrow = range.min() >= 0 && range.max() < 8L * x.type().bytes();
        boolean logical = op == Op.USHR && a.stored().kind() == DType.Kind.SIGNED;
        DType type = logical
                ? DType.U64
                : narrow ? x.type() : x.type().kind() == DType.Kind.UNSIGNED ? DType.U64 : DType.I64;
        Expr wide = logical ? fold.cast(DType.U64, fold.cast(DType.I64, x)) : fold.cast(type, x);
        Expr shifted = fold.binary(op == Op.SHL ? BinaryOp.SHL : BinaryOp.SHR, wide, fold.cast(type, d));
        return with(a, fold.cast(x.type(), shifted));
    }

    private Scalar toInt(Scalar a, Origin origin) {
        return a.kind() == Kind.INT ? a : Scalar.index(fold.cast(DType.I64, computable(a, origin)));
    }

    /** As {@link Math#signum}: zeros and NaN are kept. */
    private Scalar signum(Scalar a, Origin origin) {
        Expr x = computable(a, origin);
        Expr zero = Expr.zero(x.type());
        Expr below = fold.select(fold.binary(BinaryOp.LT, x, zero), new Expr.FloatConst(-1, x.type()), x);
        return with(a, fold.select(fold.binary(BinaryOp.GT, x, zero), new Expr.FloatConst(1, x.type()), below));
    }

    private Scalar power(Scalar a, Scalar b, Origin origin) {
        computable(a, origin);
        computable(b, origin);
        Pair pair = unify(a, b, origin);
        return new Scalar(Kind.FLOAT, fold.power(pair.left, pair.right), pair.stored, pair.weak);
    }

    private Scalar isNaN(Scalar a, Origin origin) {
        Expr x = computable(a, origin);
        return Scalar.bool(fold.binary(BinaryOp.NE, x, x));
    }

    private Scalar isInfinite(Scalar a, Origin origin) {
        Expr x = computable(a, origin);
        Expr infinity = new Expr.FloatConst(Double.POSITIVE_INFINITY, x.type());
        return Scalar.bool(fold.binary(BinaryOp.EQ, fold.call(MathFunction.ABS, x), infinity));
    }

    private static Scalar with(Scalar a, Expr expr) {
        return new Scalar(a.kind(), expr, a.stored(), a.weak());
    }

    private static String tensorOf(Expr e) {
        List<String> names = new ArrayList<>();
        e.anyMatch(node -> node instanceof Expr.Read read && names.add(read.tensor()));
        return names.isEmpty() ? "" : names.getFirst();
    }
}

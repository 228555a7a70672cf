package dev.woodpecker.compiler.ir;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The arithmetic of the element types on constants, bit for bit as generated code does it. Short floats compute in
 * {@code F32} and round once more.
 */
public final class Arithmetic {
    private Arithmetic() {}

    /** The value of {@code type} that has the low bits of {@code value}. */
    public static long wrap(DType type, long value) {
        return switch (type) {
            case I8 -> (byte) value;
            case U8 -> value & 0xff;
            case I16 -> (short) value;
            case U16 -> value & 0xffff;
            case I32 -> (int) value;
            case U32 -> value & 0xffff_ffffL;
            case I64, U64 -> value;
            case BOOL -> value & 1;
            case F64, F32, F16, BF16, TF32 -> throw notInteger(type);
        };
    }

    /** {@code value} rounded to nearest, ties to even. */
    public static double round(DType type, double value) {
        return switch (type) {
            case F64 -> value;
            case F32 -> (float) value;
            case TF32 -> tf32((float) value);
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case BF16 -> bf16ToFloat(floatToBf16((float) value));
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL ->
                throw new IllegalArgumentException(type.text() + " is not a float type");
        };
    }

    /** To 10 bits of mantissa, halves away from zero, as the instruction {@code cvt.rna.tf32.f32} does. */
    private static float tf32(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isFinite(value) ? Float.intBitsToFloat((bits + 0x1000) & ~0x1fff) : value;
    }

    /** The upper half of the bits, rounded to nearest even; a NaN stays one. */
    public static short floatToBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    public static float bf16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** {@code a op b} of integers or booleans, comparisons as 0 or 1; empty for a division by zero. */
    public static OptionalLong integer(BinaryOp op, DType type, long a, long b) {
        boolean unsigned = type.kind() == DType.Kind.UNSIGNED;
        int order = unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
        if ((op == BinaryOp.DIV || op == BinaryOp.REM) && b == 0) {
            return OptionalLong.empty();
        }
        int distance = (int) (b & (8L * type.bytes() - 1));
        return switch (op) {
            case ADD -> wrapped(type, a + b);
            case SUB -> wrapped(type, a - b);
            case MUL -> wrapped(type, a * b);
            case DIV -> wrapped(type, unsigned ? Long.divideUnsigned(a, b) : a / b);
            case REM -> wrapped(type, unsigned ? Long.remainderUnsigned(a, b) : a % b);
            case MIN -> OptionalLong.of(order <= 0 ? a : b);
            case MAX -> OptionalLong.of(order >= 0 ? a : b);
            case AND -> wrapped(type, a & b);
            case OR -> wrapped(type, a | b);
            case XOR -> wrapped(type, a ^ b);
            case SHL -> wrapped(type, a << distance);
            case SHR -> wrapped(type, unsigned ? a >>> distance : a >> distance);
            case DOT4 -> OptionalLong.of(dot4((int) a, (int) b));
            case LT -> truth(order < 0);
            case LE -> truth(order <= 0);
            case GT -> truth(order > 0);
            case GE -> truth(order >= 0);
            case EQ -> truth(a == b);
            case NE -> truth(a != b);
        };
    }

    private static long dot4(int unsigned, int signed) {
        long sum = 0;
        for (int bits = 0; bits < Integer.SIZE; bits += Byte.SIZE) {
            sum += (unsigned >>> bits & 0xff) * (byte) (signed >> bits);
        }
        return sum;
    }

    /** {@code a op b} of floats, other than comparisons; empty where {@code op} is not for floats. */
    public static OptionalDouble real(BinaryOp op, DType type, double a, double b) {
        double x = round(type, a);
        double y = round(type, b);
        if (type == DType.F64) {
            return switch (op) {
                case ADD -> OptionalDouble.of(x + y);
                case SUB -> OptionalDouble.of(x - y);
                case MUL -> OptionalDouble.of(x * y);
                case DIV -> OptionalDouble.of(x / y);
                case REM -> OptionalDouble.of(x % y);
                case MIN -> OptionalDouble.of(Math.min(x, y));
                case MAX -> OptionalDouble.of(Math.max(x, y));
                case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> OptionalDouble.empty();
            };
        }
        float f = (float) x;
        float g = (float) y;
        return switch (op) {
            case ADD -> OptionalDouble.of(round(type, f + g));
            case SUB -> OptionalDouble.of(round(type, f - g));
            case MUL -> OptionalDouble.of(round(type, f * g));
            case DIV -> OptionalDouble.of(round(type, f / g));
            case REM -> OptionalDouble.of(round(type, f % g));
            case MIN -> OptionalDouble.of(Math.min(f, g));
            case MAX -> OptionalDouble.of(Math.max(f, g));
            case AND, OR, XOR, SHL, SHR, DOT4, LT, LE, GT, GE, EQ, NE -> OptionalDouble.empty();
        };
    }

    /** A comparison of floats; false with a NaN but for {@code NE}. */
    public static boolean compare(BinaryOp op, double a, double b) {
        return switch (op) {
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
            case EQ -> a == b;
            case NE -> a != b;
            case ADD, SUB, MUL, DIV, REM, MIN, MAX, AND, OR, XOR, SHL, SHR, DOT4 ->
                throw new IllegalArgumentException(op + " is not a comparison");
        };
    }

    /** {@code op a}, for a constant; empty where it does not apply to the type. */
    public static Optional<Expr> unary(UnaryOp op, Expr a) {
        if (a instanceof Expr.FloatConst(double value, DType type)) {
            return op == UnaryOp.NEG ? Optional.of(new Expr.FloatConst(-value, type)) : Optional.empty();
        }
        if (a instanceof Expr.IntConst(long value, DType type)) {
            long result = switch (op) {
                case NEG -> -value;
                case NOT -> 1 - value;
                case BIT_NOT -> ~value;
            };
            return Optional.of(new Expr.IntConst(wrap(type, result), type));
        }
        return Optional.empty();
    }

    /** The conversion of a constant by value, saturating from floats as Java does. */
    public static Optional<Expr> cast(DType to, Expr constant) {
        if (constant instanceof Expr.IntConst(long value, DType from)) {
            return Optional.of(castInteger(to, from, value));
        }
        if (constant instanceof Expr.FloatConst(double value, DType from)) {
            return Optional.of(castReal(to, round(from, value)));
        }
        return Optional.empty();
    }

    /** The same bits as another type; empty for types that have no bits in memory. */
    public static Optional<Expr> bitcast(DType to, Expr constant) {
        if (constant instanceof Expr.IntConst(long value, DType _)) {
            return Optional.of(ofBits(to, value));
        }
        if (constant instanceof Expr.FloatConst(double value, DType from)) {
            return Optional.of(ofBits(to, bits(from, value)));
        }
        return Optional.empty();
    }

    /** A native function of a float, exact in the type; empty for the others, whose last bit is the target's. */
    public static OptionalDouble call(MathFunction function, DType type, double x) {
        double value = round(type, x);
        return switch (function) {
            case ABS -> OptionalDouble.of(Math.abs(value));
            // The square root in double, rounded again, is the correctly rounded one of the shorter types.
            case SQRT -> OptionalDouble.of(round(type, Math.sqrt(value)));
            case FLOOR -> OptionalDouble.of(Math.floor(value));
            case CEIL -> OptionalDouble.of(Math.ceil(value));
            case RINT -> OptionalDouble.of(Math.rint(value));
            case TRUNC -> OptionalDouble.of(value < 0 ? Math.ceil(value) : Math.floor(value));
            case EXP2,
                    EXP,
                    LOG,
                    LOG1P,
                    EXPM1,
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
                    ERF,
                    POW -> OptionalDouble.empty();
        };
    }

    private static Expr castInteger(DType to, DType from, long value) {
        if (to.isFloat()) {
            boolean huge = from == DType.U64 && value < 0;
            double exact = huge ? ((value >>> 1) | (value & 1)) * 2.0 : value;
            // A long rounds to float in one step in Java and in C; going through double would round twice.
            double rounded = to == DType.F64 ? exact : huge ? (float) exact : (float) value;
            return new Expr.FloatConst(round(to, rounded), to);
        }
        return to == DType.BOOL ? (value != 0 ? Expr.TRUE : Expr.FALSE) : new Expr.IntConst(wrap(to, value), to);
    }

    private static Expr castReal(DType to, double value) {
        if (to.isFloat()) {
            return new Expr.FloatConst(round(to, value), to);
        }
        if (to == DType.BOOL) {
            return value != 0 ? Expr.TRUE : Expr.FALSE;
        }
        return new Expr.IntConst(saturate(to, value), to);
    }

    /** The integer nearest to {@code value} towards zero that {@code to} has; 0 for NaN. */
    public static long saturate(DType to, double value) {
        if (to == DType.U64) {
            if (!(value > 0)) {
                return 0;
            }
            return value >= 0x1p64 ? -1L : value >= 0x1p63 ? (long) (value - 0x1p63) ^ Long.MIN_VALUE : (long) value;
        }
        Interval range = Interval.of(to);
        return Math.clamp((long) value, range.min(), range.max());
    }

    /** The bits of a float of {@code type}, in the low bits. */
    public static long bits(DType type, double value) {
        return switch (type) {
            case F64 -> Double.doubleToRawLongBits(value);
            case F32, TF32 -> Float.floatToRawIntBits((float) value) & 0xffff_ffffL;
            case F16 -> Float.floatToFloat16((float) value) & 0xffffL;
            case BF16 -> floatToBf16((float) value) & 0xffffL;
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL -> throw new IllegalArgumentException(type.text());
        };
    }

    private static Expr ofBits(DType to, long bits) {
        return switch (to) {
            case F64 -> new Expr.FloatConst(Double.longBitsToDouble(bits), to);
            case F32, TF32 -> new Expr.FloatConst(Float.intBitsToFloat((int) bits), to);
            case F16 -> new Expr.FloatConst(Float.float16ToFloat((short) bits), to);
            case BF16 -> new Expr.FloatConst(bf16ToFloat((short) bits), to);
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL -> new Expr.IntConst(wrap(to, bits), to);
        };
    }

    private static OptionalLong wrapped(DType type, long value) {
        return OptionalLong.of(wrap(type, value));
    }

    private static OptionalLong truth(boolean value) {
        return OptionalLong.of(value ? 1 : 0);
    }

    private static IllegalArgumentException notInteger(DType type) {
        return new IllegalArgumentException(type.text() + " is not an integer type");
    }
}

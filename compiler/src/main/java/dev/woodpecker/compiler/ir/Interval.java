package dev.woodpecker.compiler.ir;

/**
 * The integers from {@code min} to {@code max}, both included. {@link Long#MIN_VALUE} and {@link Long#MAX_VALUE} stand for
 * "no bound"; arithmetic saturates to them, so that a result that might wrap is never taken for a bounded one.
 */
public record Interval(long min, long max) {
    public static final Interval ALL = new Interval(Long.MIN_VALUE, Long.MAX_VALUE);

    public Interval {
        if (min > max) {
            throw new IllegalArgumentException("empty interval [" + min + ", " + max + "]");
        }
    }

    public static Interval point(long value) {
        return new Interval(value, value);
    }

    /** Every value of {@code type}; without bounds for 64-bit types and floats. */
    public static Interval of(DType type) {
        int bits = 8 * type.bytes();
        return switch (type.kind()) {
            case BOOL -> new Interval(0, 1);
            case SIGNED -> bits == 64 ? ALL : new Interval(-1L << (bits - 1), (1L << (bits - 1)) - 1);
            case UNSIGNED -> bits == 64 ? ALL : new Interval(0, (1L << bits) - 1);
            case FLOAT -> ALL;
        };
    }

    /** What {@code op} makes of such values, in {@code type}. */
    static Interval of(BinaryOp op, Interval x, Interval y, DType type) {
        if (type == DType.BOOL || type.isFloat() || type == DType.U64) {
            return of(type);
        }
        return switch (op) {
            // These cannot wrap: bounded above, or below, where one side is.
            case MIN -> new Interval(Math.min(x.min, y.min), Math.min(x.max, y.max));
            case MAX -> new Interval(Math.max(x.min, y.min), Math.max(x.max, y.max));
            case ADD -> x.plus(y).inType(type);
            case SUB -> x.plus(y.negate()).inType(type);
            case MUL -> x.times(y).inType(type);
            case DIV -> x.dividedBy(y).inType(type);
            case REM -> x.remainderBy(y).inType(type);
            case AND ->
                y.min >= 0
                        ? new Interval(0, x.min >= 0 ? Math.min(x.max, y.max) : y.max).inType(type)
                        : x.min >= 0 ? new Interval(0, x.max).inType(type) : of(type);
            case SHR ->
                y.isPoint() && y.within(0, 8L * type.bytes() - 1) && x.isBounded()
                        ? new Interval(x.min >> y.min, x.max >> y.min).inType(type)
                        : of(type);
            case DOT4 -> new Interval(-4 * 255 * 128, 4 * 255 * 127);
            case OR, XOR ->
                x.min >= 0 && y.min >= 0 && x.isBounded() && y.isBounded()
                        ? new Interval(0, 2 * Long.highestOneBit(Math.max(1, Math.max(x.max, y.max))) - 1).inType(type)
                        : of(type);
            case SHL, LT, LE, GT, GE, EQ, NE -> of(type);
        };
    }

    /** These values unless they might wrap, then every value of the type. */
    Interval inType(DType type) {
        return fits(type) ? this : of(type);
    }

    public boolean isPoint() {
        return min == max && isBounded();
    }

    public boolean isBounded() {
        return min != Long.MIN_VALUE && max != Long.MAX_VALUE;
    }

    /** Whether every value lies in {@code [low, high]}. */
    public boolean within(long low, long high) {
        return min >= low && max <= high;
    }

    /** Whether no value of the exact result wraps in {@code type}. */
    public boolean fits(DType type) {
        Interval range = of(type);
        return isBounded() && within(range.min, range.max);
    }

    /** Whether the difference of two such values does not wrap in {@code type} either. */
    public boolean fitsHalf(DType type) {
        Interval range = of(type);
        return isBounded() && within(range.min / 2, range.max / 2);
    }

    public Interval plus(Interval other) {
        return new Interval(addMin(min, other.min), addMax(max, other.max));
    }

    public Interval negate() {
        return new Interval(negate(max), negate(min));
    }

    public Interval times(Interval other) {
        long a = multiply(min, other.min);
        long b = multiply(min, other.max);
        long c = multiply(max, other.min);
        long d = multiply(max, other.max);
        return new Interval(Math.min(Math.min(a, b), Math.min(c, d)), Math.max(Math.max(a, b), Math.max(c, d)));
    }

    /** The smallest interval that covers both. */
    public Interval union(Interval other) {
        return new Interval(Math.min(min, other.min), Math.max(max, other.max));
    }

    /** What both allow; {@code this} where they contradict each other, which happens in dead code only. */
    public Interval intersect(Interval other) {
        long low = Math.max(min, other.min);
        long high = Math.min(max, other.max);
        return low <= high ? new Interval(low, high) : this;
    }

    /** Truncating division by a positive constant. */
    public Interval dividedBy(long divisor) {
        return new Interval(min == Long.MIN_VALUE ? min : min / divisor, max == Long.MAX_VALUE ? max : max / divisor);
    }

    /** Java's remainder by a positive constant. */
    public Interval remainderBy(long divisor) {
        if (min >= 0) {
            return max < divisor ? this : new Interval(0, divisor - 1);
        }
        long low = Math.max(min, -(divisor - 1));
        return max <= 0 ? new Interval(low, 0) : new Interval(low, Math.min(max, divisor - 1));
    }

    private Interval dividedBy(Interval divisor) {
        if (divisor.min <= 0) {
            return ALL;
        }
        if (divisor.isPoint()) {
            return dividedBy(divisor.min);
        }
        long low = min >= 0 ? min / divisor.max : dividedBy(divisor.min).min;
        long high = max < 0 ? max / divisor.max : dividedBy(divisor.min).max;
        return new Interval(low, high);
    }

    private Interval remainderBy(Interval divisor) {
        if (divisor.min <= 0 || divisor.max == Long.MAX_VALUE) {
            return ALL;
        }
        // A value below every divisor is its own remainder; otherwise the largest divisor bounds it.
        return min >= 0 && max < divisor.min ? this : remainderBy(divisor.max).union(remainderBy(divisor.min));
    }

    private static long addMin(long a, long b) {
        if (a == Long.MIN_VALUE || b == Long.MIN_VALUE) {
            return Long.MIN_VALUE;
        }
        long sum = a + b;
        return ((a ^ sum) & (b ^ sum)) >= 0 ? sum : a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    private static long addMax(long a, long b) {
        if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        long sum = a + b;
        return ((a ^ sum) & (b ^ sum)) >= 0 ? sum : a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    private static long negate(long a) {
        return a == Long.MIN_VALUE ? Long.MAX_VALUE : a == Long.MAX_VALUE ? Long.MIN_VALUE : -a;
    }

    private static long multiply(long a, long b) {
        if (a == 0 || b == 0) {
            return 0;
        }
        boolean unbounded = isInfinite(a) || isInfinite(b);
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        if (!unbounded && ((high == 0 && low >= 0) || (high == -1 && low < 0))) {
            return low;
        }
        return (a < 0) == (b < 0) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }

    private static boolean isInfinite(long a) {
        return a == Long.MIN_VALUE || a == Long.MAX_VALUE;
    }
}

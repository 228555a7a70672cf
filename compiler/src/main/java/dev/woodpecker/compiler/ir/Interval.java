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

package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Attribute;
import dev.woodpecker.dsl.Kernel;

/** Operations on the bits of integer elements. */
public final class BitOperations {

    private BitOperations() {}

    /** The bits of both. */
    @Kernel(op = "BitwiseAnd")
    public static long and(long a, long b) {
        return a & b;
    }

    /** The bits of either. */
    @Kernel(op = "BitwiseOr")
    public static long or(long a, long b) {
        return a | b;
    }

    /** The bits of exactly one. */
    @Kernel(op = "BitwiseXor")
    public static long exclusiveOr(long a, long b) {
        return a ^ b;
    }

    /** The bits that {@code x} has not. */
    @Kernel(op = "BitwiseNot")
    public static long not(long x) {
        return ~x;
    }

    /**
     * {@code x} shifted by {@code y} bits; {@code direction}: 0 {@code LEFT}, 1 {@code RIGHT}. ONNX has it for unsigned
     * elements alone.
     */
    @Kernel(op = "BitShift")
    public static long shift(long x, long y, @Attribute int direction) {
        return direction == 0 ? x << y : x >>> y;
    }
}

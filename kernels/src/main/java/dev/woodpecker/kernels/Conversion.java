package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Kernel;

/**
 * Conversion between element types. The class of the result ({@code float}, {@code long}, {@code boolean}) chooses the
 * method, and the exact type, where it is narrower, takes what is left: floats are rounded, integers keep their low bits.
 */
public final class Conversion {

    private Conversion() {}

    /** {@code x}, in another floating-point type. */
    @Kernel(op = "Cast")
    public static float toFloat(float x) {
        return x;
    }

    /** {@code x}, rounded to the nearest. */
    @Kernel(op = "Cast")
    public static float toFloat(long x) {
        return (float) x;
    }

    /** 1 for true, 0 for false. */
    @Kernel(op = "Cast")
    public static float toFloat(boolean x) {
        return x ? 1 : 0;
    }

    /** {@code x} less its fraction. */
    @Kernel(op = "Cast")
    public static long toInteger(float x) {
        return (long) x;
    }

    /** {@code x}, in another integer type. */
    @Kernel(op = "Cast")
    public static long toInteger(long x) {
        return x;
    }

    /** 1 for true, 0 for false. */
    @Kernel(op = "Cast")
    public static long toInteger(boolean x) {
        return x ? 1 : 0;
    }

    /** Whether {@code x} is not 0. */
    @Kernel(op = "Cast")
    public static boolean toMask(float x) {
        return x != 0;
    }

    /** Whether {@code x} is not 0. */
    @Kernel(op = "Cast")
    public static boolean toMask(long x) {
        return x != 0;
    }

    /** {@code x}. */
    @Kernel(op = "Cast")
    public static boolean toMask(boolean x) {
        return x;
    }
}

package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;

/** Operations on truth values, and the choice by them. */
public final class Logic {

    private Logic() {}

    /** Whether both are true. */
    @Kernel(op = "And")
    public static boolean and(boolean a, boolean b) {
        return a && b;
    }

    /** Whether one is true, or both. */
    @Kernel(op = "Or")
    public static boolean or(boolean a, boolean b) {
        return a || b;
    }

    /** Whether exactly one is true. */
    @Kernel(op = "Xor")
    public static boolean exclusiveOr(boolean a, boolean b) {
        return a != b;
    }

    /** Whether {@code x} is false. */
    @Kernel(op = "Not")
    public static boolean not(boolean x) {
        return !x;
    }

    /** {@code x} where {@code condition} is true, {@code y} elsewhere. */
    @Kernel(op = "Where")
    @Example("condition=1x1x128x128 x=1x12x128x128 y=scalar")
    public static float where(boolean condition, float x, float y) {
        return condition ? x : y;
    }

    /** {@code x} where {@code condition} is true, {@code y} elsewhere. */
    @Kernel(op = "Where")
    public static long where(boolean condition, long x, long y) {
        return condition ? x : y;
    }

    /** {@code x} where {@code condition} is true, {@code y} elsewhere. */
    @Kernel(op = "Where")
    public static boolean where(boolean condition, boolean x, boolean y) {
        return condition ? x : y;
    }
}

package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Attribute;
import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Kernel;

/** Comparisons of two elements, and tests of one. Comparisons with NaN are false. */
public final class Comparison {

    private Comparison() {}

    /** {@code a == b}. */
    @Kernel(op = "Equal")
    public static boolean equal(boolean a, boolean b) {
        return a == b;
    }

    /** {@code a == b}. */
    @Kernel(op = "Equal")
    public static boolean equal(float a, float b) {
        return a == b;
    }

    /** {@code a == b}. */
    @Kernel(op = "Equal")
    public static boolean equal(long a, long b) {
        return a == b;
    }

    /** {@code a < b}. */
    @Kernel(op = "Less")
    public static boolean less(float a, float b) {
        return a < b;
    }

    /** {@code a < b}. */
    @Kernel(op = "Less")
    public static boolean less(long a, long b) {
        return a < b;
    }

    /** {@code a <= b}. */
    @Kernel(op = "LessOrEqual")
    public static boolean lessOrEqual(float a, float b) {
        return a <= b;
    }

    /** {@code a <= b}. */
    @Kernel(op = "LessOrEqual")
    public static boolean lessOrEqual(long a, long b) {
        return a <= b;
    }

    /** {@code a > b}. */
    @Kernel(op = "Greater")
    public static boolean greater(float a, float b) {
        return a > b;
    }

    /** {@code a > b}. */
    @Kernel(op = "Greater")
    public static boolean greater(long a, long b) {
        return a > b;
    }

    /** {@code a >= b}. */
    @Kernel(op = "GreaterOrEqual")
    public static boolean greaterOrEqual(float a, float b) {
        return a >= b;
    }

    /** {@code a >= b}. */
    @Kernel(op = "GreaterOrEqual")
    public static boolean greaterOrEqual(long a, long b) {
        return a >= b;
    }

    /** Whether {@code x} is not a number. */
    @Kernel(op = "IsNaN")
    public static boolean isNaN(float x) {
        return Dsl.isNaN(x);
    }

    /** Whether {@code x} is an infinity of a sign that is asked for (1) and not left out (0). */
    @Kernel(op = "IsInf")
    public static boolean isInfinite(float x, @Attribute int detectNegative, @Attribute int detectPositive) {
        return Dsl.isInfinite(x) && (x > 0 ? detectPositive != 0 : detectNegative != 0);
    }
}

package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Attribute;
import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;

/** Arithmetic on two elements, and clipping. Operators that ONNX gives any number of inputs are applied pair by pair. */
public final class Arithmetic {

    private Arithmetic() {}

    /** {@code a + b}. */
    @Kernel(op = "Add")
    @Example("a=1x64x56x56 b=64x1x1")
    public static float add(float a, float b) {
        return a + b;
    }

    /** {@code a + b}. */
    @Kernel(op = "Add")
    public static long add(long a, long b) {
        return a + b;
    }

    /** {@code a - b}. */
    @Kernel(op = "Sub")
    public static float subtract(float a, float b) {
        return a - b;
    }

    /** {@code a - b}. */
    @Kernel(op = "Sub")
    public static long subtract(long a, long b) {
        return a - b;
    }

    /** {@code a * b}. */
    @Kernel(op = "Mul")
    public static float multiply(float a, float b) {
        return a * b;
    }

    /** {@code a * b}. */
    @Kernel(op = "Mul")
    public static long multiply(long a, long b) {
        return a * b;
    }

    /** {@code a / b}. */
    @Kernel(op = "Div")
    public static float divide(float a, float b) {
        return a / b;
    }

    /** {@code a / b}, rounded towards 0. */
    @Kernel(op = "Div")
    public static long divide(long a, long b) {
        return a / b;
    }

    /** The remainder of {@code a / b}, with the sign of {@code b}, or for {@code fmod = 1} that of {@code a}. */
    @Kernel(op = "Mod")
    public static float modulo(float a, float b, @Attribute int fmod) {
        return fmod == 0 && a % b != 0 && (a % b < 0) != (b < 0) ? a % b + b : a % b;
    }

    /** The remainder of {@code a / b}, with the sign of {@code b}, or for {@code fmod = 1} that of {@code a}. */
    @Kernel(op = "Mod")
    public static long modulo(long a, long b, @Attribute int fmod) {
        return fmod == 0 ? Math.floorMod(a, b) : a % b;
    }

    /** {@code x} to the power {@code y}. */
    @Kernel(op = "Pow")
    public static float power(float x, float y) {
        return Dsl.pow(x, y);
    }

    /** {@code x} to the power {@code y}. */
    @Kernel(op = "Pow")
    public static float power(float x, long y) {
        return Dsl.pow(x, (float) y);
    }

    /** {@code x} to the power {@code y}, less its fraction. */
    @Kernel(op = "Pow")
    public static long power(long x, float y) {
        return (long) Dsl.pow((float) x, y);
    }

    /** {@code x} to the power {@code y}, exact where it fits a float's 24 bits. */
    @Kernel(op = "Pow")
    public static long power(long x, long y) {
        return (long) Dsl.round(Dsl.pow((float) x, (float) y));
    }

    /** The greater of two; NaN if one is. */
    @Kernel(op = "Max")
    public static float maximum(float a, float b) {
        return Math.max(a, b);
    }

    /** The greater of two. */
    @Kernel(op = "Max")
    public static long maximum(long a, long b) {
        return Math.max(a, b);
    }

    /** The lesser of two; NaN if one is. */
    @Kernel(op = "Min")
    public static float minimum(float a, float b) {
        return Math.min(a, b);
    }

    /** The lesser of two. */
    @Kernel(op = "Min")
    public static long minimum(long a, long b) {
        return Math.min(a, b);
    }

    /** {@code x}, held between {@code min} and {@code max}, which are scalars; {@code max} where they cross. */
    @Kernel(op = "Clip")
    @Example("x=1x32x112x112 min=scalar max=scalar")
    public static float clip(
            float x, @Absent(Float.NEGATIVE_INFINITY) float min, @Absent(Float.POSITIVE_INFINITY) float max) {
        return Math.min(Math.max(x, min), max);
    }

    /** {@code x}, held between {@code min} and {@code max}, which are scalars; {@code max} where they cross. */
    @Kernel(op = "Clip")
    public static long clip(
            long x, @Absent(Float.NEGATIVE_INFINITY) long min, @Absent(Float.POSITIVE_INFINITY) long max) {
        return Math.min(Math.max(x, min), max);
    }
}

package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Kernel;

/** Functions of one element. */
public final class ElementaryFunctions {

    private ElementaryFunctions() {}

    /** e to the power {@code x}. */
    @Kernel(op = "Exp")
    public static float exp(float x) {
        return Dsl.exp(x);
    }

    /** The natural logarithm. */
    @Kernel(op = "Log")
    public static float log(float x) {
        return Dsl.log(x);
    }

    /** The square root. */
    @Kernel(op = "Sqrt")
    public static float sqrt(float x) {
        return Dsl.sqrt(x);
    }

    /** The error function. */
    @Kernel(op = "Erf")
    public static float erf(float x) {
        return Dsl.erf(x);
    }

    /** The sine of radians. */
    @Kernel(op = "Sin")
    public static float sin(float x) {
        return Dsl.sin(x);
    }

    /** The cosine of radians. */
    @Kernel(op = "Cos")
    public static float cos(float x) {
        return Dsl.cos(x);
    }

    /** The tangent of radians. */
    @Kernel(op = "Tan")
    public static float tan(float x) {
        return Dsl.tan(x);
    }

    /** The arc sine in radians. */
    @Kernel(op = "Asin")
    public static float asin(float x) {
        return Dsl.asin(x);
    }

    /** The arc cosine in radians. */
    @Kernel(op = "Acos")
    public static float acos(float x) {
        return Dsl.acos(x);
    }

    /** The arc tangent in radians. */
    @Kernel(op = "Atan")
    public static float atan(float x) {
        return Dsl.atan(x);
    }

    /** The hyperbolic sine. */
    @Kernel(op = "Sinh")
    public static float sinh(float x) {
        return Dsl.sinh(x);
    }

    /** The hyperbolic cosine. */
    @Kernel(op = "Cosh")
    public static float cosh(float x) {
        return Dsl.cosh(x);
    }

    /** The inverse hyperbolic sine. */
    @Kernel(op = "Asinh")
    public static float asinh(float x) {
        return Dsl.asinh(x);
    }

    /** The inverse hyperbolic cosine. */
    @Kernel(op = "Acosh")
    public static float acosh(float x) {
        return Dsl.acosh(x);
    }

    /** The inverse hyperbolic tangent. */
    @Kernel(op = "Atanh")
    public static float atanh(float x) {
        return Dsl.atanh(x);
    }

    /** The greatest whole number that is not above {@code x}. */
    @Kernel(op = "Floor")
    public static float floor(float x) {
        return Dsl.floor(x);
    }

    /** The least whole number that is not below {@code x}. */
    @Kernel(op = "Ceil")
    public static float ceil(float x) {
        return Dsl.ceil(x);
    }

    /** The nearest whole number; of two equally near, the even one. */
    @Kernel(op = "Round")
    public static float round(float x) {
        return Dsl.round(x);
    }

    /** {@code 1 / x}. */
    @Kernel(op = "Reciprocal")
    public static float reciprocal(float x) {
        return 1 / x;
    }

    /** The absolute value. */
    @Kernel(op = "Abs")
    public static float abs(float x) {
        return Math.abs(x);
    }

    /** The absolute value. */
    @Kernel(op = "Abs")
    public static long abs(long x) {
        return Math.abs(x);
    }

    /** {@code -x}. */
    @Kernel(op = "Neg")
    public static float negate(float x) {
        return -x;
    }

    /** {@code -x}. */
    @Kernel(op = "Neg")
    public static long negate(long x) {
        return -x;
    }

    /** -1, 0 or 1; NaN for NaN. */
    @Kernel(op = "Sign")
    public static float sign(float x) {
        return x > 0 ? 1 : x < 0 ? -1 : x;
    }

    /** -1, 0 or 1. */
    @Kernel(op = "Sign")
    public static long sign(long x) {
        return x > 0 ? 1 : x < 0 ? -1 : 0;
    }
}

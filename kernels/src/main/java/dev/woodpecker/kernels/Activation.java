package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.erf;
import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.expm1;
import static dev.woodpecker.dsl.Dsl.log1p;

import dev.woodpecker.dsl.Attribute;
import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;

/** Activation functions of one element. */
public final class Activation {

    private static final float SQRT_HALF = 0.70710678f;
    private static final float SQRT_2_OVER_PI = 0.79788456f;

    private Activation() {}

    /** The greater of {@code x} and 0. */
    @Kernel(op = "Relu")
    @Example("x=1x64x56x56")
    public static float relu(float x) {
        return Math.max(x, 0);
    }

    /** The greater of {@code x} and 0. */
    @Kernel(op = "Relu")
    public static long relu(long x) {
        return Math.max(x, 0);
    }

    /** {@code x}, or {@code alpha * x} below 0. */
    @Kernel(op = "LeakyRelu")
    @Example("x=1x64x56x56 alpha=0.01")
    public static float leakyRelu(float x, @Attribute float alpha) {
        return x < 0 ? alpha * x : x;
    }

    /** {@code x}, or {@code slope * x} below 0, with {@code slope} broadcast to {@code x}. */
    @Kernel(op = "PRelu")
    public static float parametricRelu(float x, float slope) {
        return x < 0 ? slope * x : x;
    }

    /** {@code x}, or 0 up to {@code alpha}. */
    @Kernel(op = "ThresholdedRelu")
    public static float thresholdedRelu(float x, @Attribute float alpha) {
        return x > alpha ? x : 0;
    }

    /** {@code x}, or {@code alpha * (exp(x) - 1)} below 0. */
    @Kernel(op = "Elu")
    public static float elu(float x, @Attribute float alpha) {
        return x < 0 ? alpha * expm1(x) : x;
    }

    /** {@code gamma} times {@link #elu}. */
    @Kernel(op = "Selu")
    public static float selu(float x, @Attribute float alpha, @Attribute float gamma) {
        return gamma * elu(x, alpha);
    }

    /** {@code max(0, x) + min(0, alpha * (exp(x / alpha) - 1))}. */
    @Kernel(op = "Celu")
    public static float celu(float x, @Attribute float alpha) {
        return Math.max(0, x) + Math.min(0, alpha * expm1(x / alpha));
    }

    /** {@code 1 / (1 + exp(-x))}. */
    @Kernel(op = "Sigmoid")
    @Example("x=1x64x56x56")
    public static float sigmoid(float x) {
        return 1 / (1 + exp(-x));
    }

    /** {@code alpha * x + beta}, held between 0 and 1. */
    @Kernel(op = "HardSigmoid")
    public static float hardSigmoid(float x, @Attribute float alpha, @Attribute float beta) {
        return Math.max(0, Math.min(1, alpha * x + beta));
    }

    /** {@code x * max(0, min(1, x / 6 + 0.5))}. */
    @Kernel(op = "HardSwish")
    public static float hardSwish(float x) {
        return x * hardSigmoid(x, 1 / 6f, 0.5f);
    }

    /** {@code x * sigmoid(alpha * x)}. */
    @Kernel(op = "Swish")
    public static float swish(float x, @Attribute float alpha) {
        return x * sigmoid(alpha * x);
    }

    /** {@code b}, let through as {@link #swish} of {@code a} says. Shazeer, "GLU variants improve transformer" (2020). */
    @Kernel(op = "SwiGLU")
    public static float swiglu(float a, float b, @Attribute float alpha) {
        return swish(a, alpha) * b;
    }

    /** {@code log(1 + exp(x))}, without overflow. */
    @Kernel(op = "Softplus")
    public static float softplus(float x) {
        return Math.max(x, 0) + log1p(exp(-Math.abs(x)));
    }

    /** {@code x / (1 + |x|)}. */
    @Kernel(op = "Softsign")
    public static float softsign(float x) {
        return x / (1 + Math.abs(x));
    }

    /** {@code x * tanh(softplus(x))}. */
    @Kernel(op = "Mish")
    public static float mish(float x) {
        return x * tanh(softplus(x));
    }

    /** The hyperbolic tangent. */
    @Kernel(op = "Tanh")
    @Example("x=1x128x384")
    public static float tanh(float x) {
        return Dsl.tanh(x);
    }

    /**
     * {@code x} times the normal distribution's cumulative probability at {@code x}; {@code approximate}: 0 exact
     * ({@code none}), 1 by {@code tanh}.
     */
    @Kernel(op = "Gelu")
    @Example("x=1x128x1536 approximate=0")
    public static float gelu(float x, @Attribute int approximate) {
        return approximate == 0
                ? 0.5f * x * (1 + erf(x * SQRT_HALF))
                : 0.5f * x * (1 + tanh(SQRT_2_OVER_PI * (x + 0.044715f * x * x * x)));
    }

    /** {@code x} moved towards 0 by {@code bias}, and 0 between {@code -lambd} and {@code lambd}. */
    @Kernel(op = "Shrink")
    public static float shrink(float x, @Attribute float bias, @Attribute float lambd) {
        return x < -lambd ? x + bias : x > lambd ? x - bias : 0;
    }
}

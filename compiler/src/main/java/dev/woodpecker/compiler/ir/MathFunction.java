package dev.woodpecker.compiler.ir;

import java.util.Locale;

/**
 * Mathematical functions of floats. Those marked native are one instruction or a few on every target and reach the
 * printer; the others are expanded into arithmetic by a lowering pass, so that generated code calls no library. The
 * reference for each is the function of {@link Math} of the same name where there is one, evaluated in double precision
 * and rounded to the type.
 */
public enum MathFunction {
    ABS(1, true),
    SQRT(1, true),
    FLOOR(1, true),
    CEIL(1, true),
    /** To the nearest integer, ties to even. */
    RINT(1, true),
    /** Towards zero. */
    TRUNC(1, true),
    /**
     * Two to the power of an element of single precision, to 2^-22 of it: an instruction of GPUs, for what is rounded to
     * halves afterwards. No kernel has it; lowering makes it of {@link #EXP}.
     */
    EXP2(1, true),
    EXP(1, false),
    LOG(1, false),
    LOG1P(1, false),
    EXPM1(1, false),
    SIN(1, false),
    COS(1, false),
    TAN(1, false),
    ASIN(1, false),
    ACOS(1, false),
    ATAN(1, false),
    SINH(1, false),
    COSH(1, false),
    TANH(1, false),
    ASINH(1, false),
    ACOSH(1, false),
    ATANH(1, false),
    /** The error function. */
    ERF(1, false),
    POW(2, false);

    private final int arity;
    private final boolean isNative;

    MathFunction(int arity, boolean isNative) {
        this.arity = arity;
        this.isNative = isNative;
    }

    public int arity() {
        return arity;
    }

    public boolean isNative() {
        return isNative;
    }

    /** The name in IR text, for example {@code exp}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}

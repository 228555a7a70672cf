package dev.woodpecker.compiler.target;

import java.util.Locale;

/** The numerics that a plan declares; speeds are comparable within one mode only. */
public enum Numerics {
    /** fp32 with sums in axis order and no contraction: bit-equal to the Java reference for + - * / and sqrt. */
    STRICT,
    /** fp32; reassociation, contraction and Winograd are allowed. */
    FP32,
    TF32,
    FP16,
    BF16,
    INT8;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a schedule may change the order in which a reduction's points are combined. */
    public boolean mayReassociate() {
        return this != STRICT;
    }
}

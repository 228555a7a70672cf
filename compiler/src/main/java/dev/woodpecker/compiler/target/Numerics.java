package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.DType;
import java.util.Locale;
import java.util.Optional;

/** The numerics that a plan declares; speeds are comparable within one mode only. */
public enum Numerics {
    /** fp32 with sums in axis order and no contraction: bit-equal to the Java reference for + - * / and sqrt. */
    STRICT,
    /** fp32; reassociation, contraction and Winograd are allowed. */
    FP32,
    /** As {@code FP32}, but that tensor cores may round factors of single precision to tf32: 10 bits of fraction. */
    TF32,
    /** Values between kernels and weights are of 16 bits, {@code f16}; sums are in single precision. A GPU's. */
    FP16,
    /** As {@code FP16}, of {@code bf16}: the range of single precision, 7 bits of fraction. */
    BF16,
    INT8;

    /** Whether results have 11 bits or fewer, so that functions need no more than an instruction gives. */
    public boolean roundsToHalves() {
        return this == FP16 || this == BF16;
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What values between kernels are kept in, if not in the type that the model has them in. */
    public Optional<DType> half() {
        return switch (this) {
            case FP16 -> Optional.of(DType.F16);
            case BF16 -> Optional.of(DType.BF16);
            case STRICT, FP32, TF32, INT8 -> Optional.empty();
        };
    }

    /** Whether only GPUs compute so: processors have neither tensor cores nor arithmetic of 16 bits worth having. */
    public boolean needsGpu() {
        return this == TF32 || half().isPresent();
    }

    /** Whether a schedule may change the order in which a reduction's points are combined. */
    public boolean mayReassociate() {
        return this != STRICT;
    }

    /**
     * How far a whole model's output may be from single precision, {@code ||a - b|| / ||b||}. Where factors or values have
     * fewer bits it is sixteen units of their rounding: errors of layers go as a random walk does, with half a unit a step, so
     * that this is room for hundreds of them, or for fewer and an output whose terms cancel; a layer that is wrong is farther off.
     */
    public double wholeModelTolerance() {
        return switch (this) {
            case STRICT, FP32 -> 1e-3;
            case TF32, FP16 -> 16 * 0x1p-11;
            case BF16 -> 16 * 0x1p-8;
            // What lies between two bytes may become either.
            case INT8 -> 0.1;
        };
    }
}

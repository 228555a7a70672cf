package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;

/**
 * How far apart two results may be.
 *
 * @param ulps units in the last place of the greater of the expected value and {@code scale}; with 0 the results are bit
 *     for bit the same, all NaNs being one
 * @param scale what terms that may cancel each other are as large as
 */
record Accuracy(double ulps, double scale) implements Closeness {
    static final Accuracy EXACT = new Accuracy(0, 0);

    /** Java methods compute in {@code float} what a program of fp64 computes in {@code double}. */
    private static final Accuracy SINGLE = new Accuracy(64, 1);

    /** How far the Java method may be from {@code program}. */
    static Accuracy ofEager(TensorProgram program) {
        boolean wide = program.inputs().stream().anyMatch(i -> i.type() == DType.F64)
                || program.stages().stream().anyMatch(s -> s.type() == DType.F64);
        return wide ? SINGLE : EXACT;
    }

    /** This much more. */
    Accuracy plus(double moreUlps, double leastScale) {
        return new Accuracy(ulps + moreUlps, Math.max(scale, leastScale));
    }

    @Override
    public boolean allows(String output, int position, DType type, double expected, double actual) {
        return ulps > 0
                && (expected == actual
                        || Math.abs(expected - actual) <= ulps * ulp(type, Math.max(Math.abs(expected), scale)));
    }

    /** Of the type; of {@code F64} that of {@code F32}, since Java's kernels compute in it. */
    static double ulp(DType type, double magnitude) {
        int digits = type == DType.F16 ? 11 : type == DType.BF16 ? 8 : 24;
        int least = type == DType.F16 ? -14 : -126;
        if (!(magnitude <= Float.MAX_VALUE)) {
            return 0;
        }
        return Math.scalb(1.0, Math.max(Math.getExponent(magnitude), least) - digits + 1);
    }
}

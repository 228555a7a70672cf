package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Arrays;
import java.util.Optional;

/**
 * How far apart two results may be.
 *
 * @param ulps units in the last place of the greater of the expected value and {@code scale}; with 0 the results are bit
 *     for bit the same, all NaNs being one
 * @param scale what terms that may cancel each other are as large as
 */
record Accuracy(double ulps, double scale) {
    static final Accuracy EXACT = new Accuracy(0, 0);

    /** Java methods compute in {@code float} what a program of fp64 computes in {@code double}. */
    private static final Accuracy SINGLE = new Accuracy(64, 1);

    /** How far the Java method may be from {@code program}. */
    static Accuracy ofEager(TensorProgram program) {
        boolean wide = program.inputs().stream().anyMatch(i -> i.type() == DType.F64)
                || program.stages().stream().anyMatch(s -> s.type() == DType.F64);
        return wide ? SINGLE : EXACT;
    }

    /** Where and how {@code actual} is too far from {@code expected}; empty when nowhere. */
    Optional<String> difference(HostTensor expected, HostTensor actual) {
        if (expected.type() != actual.type() || !Arrays.equals(expected.shape(), actual.shape())) {
            return Optional.of("%s%s instead of %s%s"
                    .formatted(
                            actual.type().text(),
                            Arrays.toString(actual.shape()),
                            expected.type().text(),
                            Arrays.toString(expected.shape())));
        }
        int wrong = 0;
        String first = "";
        for (int i = 0; i < expected.elements(); i++) {
            if (!agree(expected, actual, i)) {
                first = wrong == 0
                        ? "element %s is %s instead of %s"
                                .formatted(Arrays.toString(position(i, expected.shape())), text(actual, i), text(expected, i))
                        : first;
                wrong++;
            }
        }
        return wrong == 0 ? Optional.empty() : Optional.of("%s; %d of %d differ".formatted(first, wrong, expected.elements()));
    }

    private boolean agree(HostTensor expected, HostTensor actual, int i) {
        if (!expected.type().isFloat()) {
            return expected.integer(i) == actual.integer(i);
        }
        double e = expected.real(i);
        double a = actual.real(i);
        if (Double.compare(e, a) == 0) {
            return true;
        }
        return ulps > 0 && (e == a || Math.abs(e - a) <= ulps * ulp(expected.type(), Math.max(Math.abs(e), scale)));
    }

    /** Of the type; of {@code F64} that of {@code F32}, since Java's kernels compute in it. */
    private static double ulp(DType type, double magnitude) {
        int digits = type == DType.F16 ? 11 : type == DType.BF16 ? 8 : 24;
        int least = type == DType.F16 ? -14 : -126;
        if (magnitude > Float.MAX_VALUE) {
            return 0;
        }
        return Math.scalb(1.0, Math.max(Math.getExponent(magnitude), least) - digits + 1);
    }

    private static String text(HostTensor t, int i) {
        return t.type().isFloat() ? t.real(i) + " (" + Float.toHexString((float) t.real(i)) + ")" : "" + t.integer(i);
    }

    private static long[] position(int i, long[] shape) {
        long[] position = new long[shape.length];
        long rest = i;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            position[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return position;
    }
}

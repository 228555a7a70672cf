package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import java.util.Arrays;
import java.util.Optional;

/** Decides whether a result is near enough to the one that is expected. */
interface Closeness {
    /** Whether the float {@code actual} may stand for {@code expected}, element {@code position} of {@code output}. */
    boolean allows(String output, int position, DType type, double expected, double actual);

    /** Where and how {@code actual} is too far from {@code expected}; empty when nowhere. Integers are to be equal. */
    default Optional<String> difference(String output, HostTensor expected, HostTensor actual) {
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
            if (!agree(output, i, expected, actual)) {
                first = wrong == 0 ? describe(i, expected, actual) : first;
                wrong++;
            }
        }
        return wrong == 0
                ? Optional.empty()
                : Optional.of("%s; %d of %d differ".formatted(first, wrong, expected.elements()));
    }

    private boolean agree(String output, int i, HostTensor expected, HostTensor actual) {
        if (!expected.type().isFloat()) {
            return expected.integer(i) == actual.integer(i);
        }
        return Double.compare(expected.real(i), actual.real(i)) == 0
                || allows(output, i, expected.type(), expected.real(i), actual.real(i));
    }

    private static String describe(int i, HostTensor expected, HostTensor actual) {
        long[] position = new long[expected.rank()];
        long rest = i;
        for (int axis = position.length - 1; axis >= 0; axis--) {
            position[axis] = rest % expected.shape()[axis];
            rest /= expected.shape()[axis];
        }
        return "element %s is %s instead of %s"
                .formatted(Arrays.toString(position), text(actual, i), text(expected, i));
    }

    private static String text(HostTensor t, int i) {
        return t.type().isFloat() ? t.real(i) + " (" + Float.toHexString((float) t.real(i)) + ")" : "" + t.integer(i);
    }
}

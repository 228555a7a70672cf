package dev.woodpecker.runtime;

import dev.woodpecker.compiler.ir.DType;
import java.util.Arrays;
import java.util.Locale;

/**
 * How far a tensor is from what it should be. Integers and booleans must be equal, floats within {@code absolute +
 * relative * |expected|} each, and NaN equals NaN; infinities must be the same.
 *
 * @param elements the number of elements compared; 0 if types or shapes differ
 * @param maximumAbsolute the greatest |actual - expected|; infinite where only one of the two is NaN or infinite
 * @param normwiseRelative ||actual - expected|| / ||expected|| in the Euclidean norm
 * @param mismatches how many elements are outside the tolerance
 * @param explanation what differs first; empty if nothing does
 */
public record Difference(
        long elements, double maximumAbsolute, double normwiseRelative, long mismatches, String explanation) {

    /** What is allowed for floats. */
    public record Tolerance(double relative, double absolute) {
        /** The tolerances of ONNX's own backend tests. */
        public static final Tolerance ONNX = new Tolerance(1e-3, 1e-7);
    }

    /** Whether everything is within the tolerance. */
    public boolean isAccepted() {
        return explanation.isEmpty();
    }

    /** Compares {@code actual} with {@code expected}. */
    public static Difference between(NdArray actual, NdArray expected, Tolerance tolerance) {
        if (actual.type() != expected.type() || !Arrays.equals(actual.shape(), expected.shape())) {
            return new Difference(
                    0,
                    Double.POSITIVE_INFINITY,
                    Double.POSITIVE_INFINITY,
                    0,
                    NdArray.describe(actual.type(), actual.shape()) + " instead of "
                            + NdArray.describe(expected.type(), expected.shape()));
        }
        return actual.type().isFloat() ? ofFloats(actual, expected, tolerance) : ofIntegers(actual, expected);
    }

    private static Difference ofFloats(NdArray actual, NdArray expected, Tolerance tolerance) {
        double maximum = 0;
        double squaredDifference = 0;
        double squaredExpected = 0;
        long mismatches = 0;
        String explanation = "";
        for (long i = 0, count = expected.elements(); i < count; i++) {
            double a = actual.getDouble(i);
            double e = expected.getDouble(i);
            double distance = distance(a, e);
            maximum = Math.max(maximum, distance);
            if (Double.isFinite(e)) {
                squaredExpected += e * e;
            }
            squaredDifference += distance * distance;
            // What is allowed beside an infinity is infinite too, and still nothing but that infinity may stand there.
            boolean allowed = distance <= tolerance.absolute() + tolerance.relative() * Math.abs(e);
            if (distance != 0 && !(allowed && Double.isFinite(distance))) {
                explanation =
                        mismatches++ == 0 ? mismatch(expected, i, Double.toString(a), Double.toString(e)) : explanation;
            }
        }
        double relative = squaredDifference == 0 ? 0 : Math.sqrt(squaredDifference) / Math.sqrt(squaredExpected);
        return new Difference(expected.elements(), maximum, relative, mismatches, explanation);
    }

    /** 0 for equal values, infinities and NaNs included; infinite if one alone is not finite. */
    private static double distance(double a, double e) {
        if (a == e || Double.isNaN(a) && Double.isNaN(e)) {
            return 0;
        }
        return Double.isFinite(a) && Double.isFinite(e) ? Math.abs(a - e) : Double.POSITIVE_INFINITY;
    }

    private static Difference ofIntegers(NdArray actual, NdArray expected) {
        double maximum = 0;
        double squaredDifference = 0;
        double squaredExpected = 0;
        long mismatches = 0;
        String explanation = "";
        boolean unsigned = expected.type().kind() == DType.Kind.UNSIGNED;
        for (long i = 0, count = expected.elements(); i < count; i++) {
            long a = actual.getLong(i);
            long e = expected.getLong(i);
            squaredExpected += expected.getDouble(i) * expected.getDouble(i);
            if (a != e) {
                double distance = Math.abs(actual.getDouble(i) - expected.getDouble(i));
                maximum = Math.max(maximum, distance);
                squaredDifference += distance * distance;
                explanation =
                        mismatches++ == 0 ? mismatch(expected, i, text(a, unsigned), text(e, unsigned)) : explanation;
            }
        }
        double relative = mismatches == 0 ? 0 : Math.sqrt(squaredDifference) / Math.sqrt(squaredExpected);
        return new Difference(expected.elements(), maximum, relative, mismatches, explanation);
    }

    private static String text(long value, boolean unsigned) {
        return unsigned ? Long.toUnsignedString(value) : Long.toString(value);
    }

    private static String mismatch(NdArray array, long position, String actual, String expected) {
        int[] index = new int[array.rank()];
        for (int axis = array.rank() - 1; axis >= 0; axis--) {
            index[axis] = (int) (position % array.size(axis));
            position /= array.size(axis);
        }
        return "at " + Arrays.toString(index) + " " + actual + " instead of " + expected;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "maximum absolute %.3g, norm-wise relative %.3g%s",
                maximumAbsolute,
                normwiseRelative,
                isAccepted() ? "" : "; " + mismatches + " of " + elements + " elements differ, first " + explanation);
    }
}

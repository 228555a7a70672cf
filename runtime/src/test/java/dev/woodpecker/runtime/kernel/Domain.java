package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Which values an input takes. */
sealed interface Domain {
    /** Numbers of many magnitudes, and one in four the edge of something: NaN, infinities, zeros, denormals, ties. */
    record Any() implements Domain {}

    /** Floats of the standard normal distribution, small integers. */
    record Normal() implements Domain {}

    /** From {@code low} to {@code high}, both included for integers. */
    record Between(double low, double high) implements Domain {}

    /** One of these, each as likely. */
    record OneOf(List<Double> values) implements Domain {}

    /** {@code any}, {@code normal}, {@code -3..3} or {@code {0,1,NaN}}. */
    static Domain parse(String text) {
        if (text.startsWith("{") && text.endsWith("}")) {
            return new OneOf(Arrays.stream(text.substring(1, text.length() - 1).split(","))
                    .map(Double::parseDouble)
                    .toList());
        }
        int dots = text.indexOf("..");
        if (dots > 0) {
            return new Between(
                    Double.parseDouble(text.substring(0, dots)), Double.parseDouble(text.substring(dots + 2)));
        }
        return switch (text) {
            case "any" -> new Any();
            case "normal" -> new Normal();
            default ->
                throw new IllegalArgumentException(
                        "'" + text + "' is no domain; allowed: any, normal, -3..3, {0,1,NaN}");
        };
    }

    /** A tensor of such values, the same for the same state of {@code random}. */
    default HostTensor tensor(DType type, long[] shape, SplittableRandom random) {
        HostTensor zeros = HostTensor.zeros(type, shape);
        if (type.isFloat()) {
            double[] values = new double[zeros.elements()];
            for (int i = 0; i < values.length; i++) {
                // Kernels in Java compute in float: what they are given must be one.
                values[i] = (float) real(random);
            }
            return HostTensor.ofReals(type, values, shape);
        }
        long[] values = new long[zeros.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type == DType.BOOL ? random.nextInt(2) : integer(type, random);
        }
        return HostTensor.ofIntegers(type, values, shape);
    }

    private double real(SplittableRandom random) {
        return switch (this) {
            case Normal _ -> random.nextGaussian();
            case Between(double low, double high) -> low + (high - low) * random.nextDouble();
            case OneOf(List<Double> values) -> values.get(random.nextInt(values.size()));
            case Any _ -> {
                if (random.nextInt(4) == 0) {
                    yield Edges.REALS[random.nextInt(Edges.REALS.length)];
                }
                double magnitude = Math.scalb(1 + random.nextDouble(), random.nextInt(-9, 9));
                yield random.nextBoolean() ? magnitude : -magnitude;
            }
        };
    }

    private long integer(DType type, SplittableRandom random) {
        boolean unsigned = type.kind() == DType.Kind.UNSIGNED;
        return switch (this) {
            case Normal _ -> random.nextInt(unsigned ? 0 : -20, 21);
            case Between(double low, double high) -> random.nextLong((long) low, (long) high + 1);
            case OneOf(List<Double> values) ->
                values.get(random.nextInt(values.size())).longValue();
            case Any _ -> {
                long least = unsigned ? 0 : -1L << (8 * type.bytes() - 1);
                yield switch (random.nextInt(12)) {
                    case 0 -> least;
                    case 1 -> least - 1;
                    case 2 -> 0;
                    case 3 -> random.nextLong();
                    default -> random.nextInt(unsigned ? 0 : -20, 21);
                };
            }
        };
    }

    /** Where functions of floats change their ways. */
    final class Edges {
        private Edges() {}

        static final double[] REALS = {
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            0,
            -0.0,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            Float.MIN_NORMAL,
            -Float.MIN_NORMAL / 3,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            1,
            -1,
            0.5,
            -0.5,
            1.5,
            2.5,
            -2.5,
            Math.nextDown(0.5f),
            Math.nextUp(1f),
            8388609,
            -16777216,
            2147483648.0,
            -9223372036854775808.0,
            88.75,
            -104,
            1e-30,
            -1e30,
        };
    }
}

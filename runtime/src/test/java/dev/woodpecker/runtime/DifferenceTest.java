package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.Difference.Tolerance;
import org.junit.jupiter.api.Test;

class DifferenceTest {

    @Test
    void floatsMayDifferByTheTolerance() {
        NdArray expected = NdArray.of(new float[] {1000, 0}, 2);
        assertThat(between(NdArray.of(new float[] {1000.9f, 0}, 2), expected).isAccepted())
                .isTrue();
        Difference far = between(NdArray.of(new float[] {1002, 0}, 2), expected);
        assertThat(far.isAccepted()).isFalse();
        assertThat(far.maximumAbsolute()).isEqualTo(2);
        assertThat(far.normwiseRelative()).isEqualTo(0.002);
        assertThat(far.mismatches()).isEqualTo(1);
        assertThat(far.explanation()).isEqualTo("at [0] 1002.0 instead of 1000.0");
    }

    @Test
    void nanEqualsNanAndInfinitiesMustBeTheSame() {
        float infinity = Float.POSITIVE_INFINITY;
        NdArray expected = NdArray.of(new float[] {Float.NaN, infinity}, 2);
        assertThat(between(NdArray.of(new float[] {Float.NaN, infinity}, 2), expected)
                        .isAccepted())
                .isTrue();
        assertThat(between(NdArray.of(new float[] {1, infinity}, 2), expected).isAccepted())
                .isFalse();
        assertThat(between(NdArray.of(new float[] {Float.NaN, -infinity}, 2), expected)
                        .isAccepted())
                .isFalse();
        assertThat(between(NdArray.of(new float[] {Float.NaN, 1e30f}, 2), expected)
                        .isAccepted())
                .isFalse();
        NdArray finite = NdArray.of(new float[] {1}, 1);
        assertThat(between(NdArray.of(new float[] {Float.NaN}, 1), finite).isAccepted())
                .isFalse();
    }

    @Test
    void integersAreExact() {
        NdArray expected = NdArray.of(new long[] {Long.MAX_VALUE, 2}, 2);
        assertThat(between(NdArray.of(new long[] {Long.MAX_VALUE - 1, 2}, 2), expected)
                        .isAccepted())
                .isFalse();
        assertThat(between(expected.copy(), expected).isAccepted()).isTrue();
    }

    @Test
    void anotherTypeOrShapeIsADifference() {
        NdArray expected = NdArray.of(new float[] {1, 2}, 2);
        assertThat(between(NdArray.of(new float[] {1, 2}, 2, 1), expected).explanation())
                .isEqualTo("f32[2, 1] instead of f32[2]");
        assertThat(between(NdArray.of(new double[] {1, 2}, 2), expected).isAccepted())
                .isFalse();
    }

    private static Difference between(NdArray actual, NdArray expected) {
        return Difference.between(actual, expected, Tolerance.ONNX);
    }
}

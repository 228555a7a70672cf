package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.mask;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Reductions, argument reductions and scans. */
class ReductionTest {

    private static final Offset<Float> NEARLY = within(1e-6f);
    private static final int[] ALONG_0 = {0};

    private final Tensor x = counting(2, 3, 2); // 0 1; 2 3; 4 5 | 6 7; 8 9; 10 11

    @Test
    void axesAreDroppedOrKept() {
        Tensor dropped = Reduction.reduceSum(x, attribute(0, 2), 0);
        assertThat(dropped.shape()).isEqualTo(Index.of(3));
        assertThat(dropped.toArray()).containsExactly(14, 22, 30);
        Tensor kept = Reduction.reduceSum(x, attribute(2, 0), 1);
        assertThat(kept.shape()).isEqualTo(Index.of(1, 3, 1));
        assertThat(kept.toArray()).containsExactly(14, 22, 30);
        Tensor all = Reduction.reduceSum(x, attribute(0, 1, 2), 0);
        assertThat(all.at()).isEqualTo(66);
        assertThat(Reduction.reduceSum(x, attribute(), 1).toArray()).isEqualTo(x.toArray());
    }

    @Test
    void floats() {
        Tensor y = vector(3, -4);
        assertThat(Reduction.reduceMean(x, attribute(1), 0).toArray()).containsExactly(2, 3, 8, 9);
        assertThat(Reduction.reduceMax(x, attribute(1), 0).toArray()).containsExactly(4, 5, 10, 11);
        assertThat(Reduction.reduceMin(x, attribute(1), 0).toArray()).containsExactly(0, 1, 6, 7);
        assertThat(Reduction.reduceProd(x, attribute(1), 0).toArray()).containsExactly(0, 15, 480, 693);
        assertThat(Reduction.reduceL1(y, ALONG_0, 0).at()).isEqualTo(7);
        assertThat(Reduction.reduceL2(y, ALONG_0, 0).at()).isEqualTo(5);
        assertThat(Reduction.reduceSumSquare(y, ALONG_0, 1).at(0)).isEqualTo(25);
        assertThat(Reduction.reduceLogSum(vector(1, 2), ALONG_0, 0).at()).isCloseTo(1.0986123f, NEARLY);
    }

    @Test
    void logSumExpDoesNotOverflow() {
        assertThat(Reduction.reduceLogSumExp(vector(1000, 1000), ALONG_0, 0).at())
                .isCloseTo(1000.6931f, within(1e-4f));
        assertThat(Reduction.reduceLogSumExp(x, attribute(2), 1).at(1, 2, 0)).isCloseTo(11.3132617f, NEARLY);
        Tensor nothing = vector(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(Reduction.reduceLogSumExp(nothing, ALONG_0, 0).at()).isEqualTo(Float.NEGATIVE_INFINITY);
    }

    @Test
    void overNothing() {
        Tensor empty = Tensor.of(new float[0], 2, 0);
        assertThat(Reduction.reduceSum(empty, attribute(1), 0).toArray()).containsExactly(0, 0);
        assertThat(Reduction.reduceProd(empty, attribute(1), 0).toArray()).containsExactly(1, 1);
        assertThat(Reduction.reduceMax(empty, attribute(1), 0).at(0)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Reduction.reduceLogSumExp(empty, attribute(1), 0).at(0)).isEqualTo(Float.NEGATIVE_INFINITY);
    }

    @Test
    void integersAndMasks() {
        IntTensor n = ints(5, -7, 1L << 40);
        assertThat(Reduction.reduceSum(n, ALONG_0, 0).at()).isEqualTo((1L << 40) - 2);
        assertThat(Reduction.reduceMean(ints(5, -7, 1), ALONG_0, 0).at()).isZero();
        assertThat(Reduction.reduceMax(n, ALONG_0, 1).at(0)).isEqualTo(1L << 40);
        assertThat(Reduction.reduceMin(n, ALONG_0, 0).at()).isEqualTo(-7);
        assertThat(Reduction.reduceProd(ints(5, -7), ALONG_0, 0).at()).isEqualTo(-35);
        assertThat(Reduction.reduceSumSquare(ints(5, -7), ALONG_0, 0).at()).isEqualTo(74);
        MaskTensor m = mask(true, false);
        assertThat(Reduction.reduceMax(m, ALONG_0, 0).at()).isTrue();
        assertThat(Reduction.reduceMin(m, ALONG_0, 0).at()).isFalse();
    }

    @Test
    void positionsOfExtremes() {
        Tensor y = Tensor.of(new float[] {2, 2, 1, 3, 10, 10}, 3, 2);
        assertThat(ArgReduction.positionOfGreatest(y, 1, 0, 0).toArray()).containsExactly(0, 1, 0);
        assertThat(ArgReduction.positionOfGreatest(y, 1, 0, 1).toArray()).containsExactly(1, 1, 1);
        assertThat(ArgReduction.positionOfLeast(y, 1, 0, 0).toArray()).containsExactly(0, 0, 0);
        assertThat(ArgReduction.positionOfLeast(y, 1, 0, 1).toArray()).containsExactly(1, 0, 1);
        IntTensor kept = ArgReduction.positionOfGreatest(y, 0, 1, 0);
        assertThat(kept.shape()).isEqualTo(Index.of(1, 2));
        assertThat(kept.toArray()).containsExactly(2, 2);
        IntTensor n = ints(1L << 60, (1L << 60) + 1, 0, 0);
        assertThat(ArgReduction.positionOfGreatest(n, 0, 0, 0).at()).isEqualTo(1);
        assertThat(ArgReduction.positionOfLeast(n, 0, 0, 1).at()).isEqualTo(3);
    }

    @Test
    void runningTotals() {
        Tensor y = vector(1, 2, 3, 4);
        assertThat(Scan.cumulativeSum(y, 0, 0, 0).toArray()).containsExactly(1, 3, 6, 10);
        assertThat(Scan.cumulativeSum(y, 0, 1, 0).toArray()).containsExactly(0, 1, 3, 6);
        assertThat(Scan.cumulativeSum(y, 0, 0, 1).toArray()).containsExactly(10, 9, 7, 4);
        assertThat(Scan.cumulativeSum(y, 0, 1, 1).toArray()).containsExactly(9, 7, 4, 0);
        assertThat(Scan.cumulativeProduct(y, 0, 0, 0).toArray()).containsExactly(1, 2, 6, 24);
        assertThat(Scan.cumulativeProduct(ints(2, 3, 4), 0, 1, 0).toArray()).containsExactly(1, 2, 6);
        assertThat(Scan.cumulativeSum(ints(2, 3, 4), 0, 0, 0).toArray()).containsExactly(2, 5, 9);
        assertThat(Scan.cumulativeSum(x, 1, 0, 0).toArray()).containsExactly(0, 1, 2, 4, 6, 9, 6, 7, 14, 16, 24, 27);
    }
}

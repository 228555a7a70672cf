package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

class PoolingTest {

    private static final int[] NO_PADS = {0, 0, 0, 0};

    @Test
    void maximumOfWindows() {
        Tensor x = counting(1, 1, 4, 4);
        assertThat(Pooling.maxPool(x, attribute(2, 2), attribute(2, 2), NO_PADS, attribute(1, 1), 0)
                        .toArray())
                .containsExactly(5, 7, 13, 15);
        assertThat(Pooling.maxPool(x, attribute(2, 2), attribute(2, 2), NO_PADS, attribute(2, 2), 0)
                        .toArray())
                .containsExactly(10);
        Tensor line = Tensor.of(new float[] {-5, -1, -3}, 1, 1, 3);
        assertThat(Pooling.maxPool(line, attribute(2), attribute(1), attribute(1, 1), attribute(1), 0)
                        .toArray())
                .containsExactly(-5, -1, -1, -3);
    }

    @Test
    void maximumByAxesIsThatOfTheWindow() {
        Tensor x = Tensor.of(new float[] {1, 9, -2, Float.NaN, 3, 4, 7, 5, 6, 0, 1, -8}, 1, 1, 3, 4);
        Tensor y =
                Pooling.maxPoolByAxes(x, attribute(3, 3), attribute(1, 1), attribute(1, 1, 1, 1), attribute(1, 1), 0);
        assertThat(y.toArray()).containsExactly(9, 9, Float.NaN, Float.NaN, 9, 9, Float.NaN, Float.NaN, 6, 7, 7, 7);
        // one column of windows lies in the padding alone
        Tensor beyond =
                Pooling.maxPoolByAxes(x, attribute(1, 2), attribute(2, 2), attribute(0, 0, 0, 1), attribute(1, 3), 1);
        Tensor whole = Pooling.maxPool(x, attribute(1, 2), attribute(2, 2), attribute(0, 0, 0, 1), attribute(1, 3), 1);
        assertThat(beyond.toArray()).containsExactly(whole.toArray());
    }

    @Test
    void ofIntegersThePaddingIsTheirLeast() {
        IntTensor line = IntTensor.of(new long[] {-5, -1, -128}, 1, 1, 3);
        assertThat(Pooling.maxPoolOfIntegers(line, attribute(2), attribute(1), attribute(1, 1), attribute(1), 0, -128)
                        .toArray())
                .containsExactly(-5, -1, -1, -128);
    }

    @Test
    void ceilModeKeepsALastWindowThatStartsInside() {
        Tensor x = counting(1, 1, 5);
        assertThat(Pooling.maxPool(x, attribute(2), attribute(2), attribute(0, 0), attribute(1), 0)
                        .toArray())
                .containsExactly(1, 3);
        assertThat(Pooling.maxPool(x, attribute(2), attribute(2), attribute(0, 0), attribute(1), 1)
                        .toArray())
                .containsExactly(1, 3, 4);
        // windows at -1, 2 and 5: the last one lies in the padding alone
        assertThat(Pooling.maxPool(x, attribute(3), attribute(3), attribute(1, 1), attribute(1), 1)
                        .toArray())
                .containsExactly(1, 4);
    }

    @Test
    void averageCountsThePaddingIfAsked() {
        Tensor x = Tensor.of(new float[] {3, 6, 9}, 1, 1, 3);
        int[] three = attribute(3);
        int[] one = attribute(1);
        assertThat(Pooling.averagePool(x, three, one, attribute(1, 1), one, 0, 0)
                        .toArray())
                .containsExactly(4.5f, 6, 7.5f);
        assertThat(Pooling.averagePool(x, three, one, attribute(1, 1), one, 0, 1)
                        .toArray())
                .containsExactly(3, 6, 5);
        // the window at 2 has one element; what lies beyond the padding is counted in neither way
        int[] two = attribute(2);
        assertThat(Pooling.averagePool(x, two, two, attribute(0, 0), one, 1, 0).toArray())
                .containsExactly(4.5f, 9);
        assertThat(Pooling.averagePool(x, two, two, attribute(0, 0), one, 1, 1).toArray())
                .containsExactly(4.5f, 9);
    }

    @Test
    void averageOverDilatedWindowsAgreesWithCounting() {
        Tensor x = random(1, 1, 2, 6, 7);
        int[] window = {3, 2};
        int[] strides = {2, 1};
        int[] pads = {2, 1, 1, 2};
        int[] dilations = {2, 3};
        for (int includePad = 0; includePad < 2; includePad++) {
            Tensor y = Pooling.averagePool(x, window, strides, pads, dilations, 0, includePad);
            assertThat(y.shape()).isEqualTo(Index.of(1, 2, 3, 7));
            for (int c = 0; c < 2; c++) {
                for (int i = 0; i < 3; i++) {
                    for (int j = 0; j < 7; j++) {
                        double total = 0;
                        int count = 0;
                        for (int r = 0; r < 3; r++) {
                            for (int s = 0; s < 2; s++) {
                                int row = 2 * i - 2 + 2 * r;
                                int column = j - 1 + 3 * s;
                                boolean inside = row >= 0 && row < 6 && column >= 0 && column < 7;
                                total += inside ? x.at(0, c, row, column) : 0;
                                count += inside || includePad == 1 ? 1 : 0;
                            }
                        }
                        assertThat(y.at(0, c, i, j)).isCloseTo((float) (total / count), within(1e-6f));
                    }
                }
            }
        }
    }

    @Test
    void indicesCountInTheFlattenedInput() {
        Tensor x = Tensor.of(new float[] {1, 9, 2, 8, 3, 4, 7, 5, 6, 0, 1, 2}, 1, 2, 2, 3);
        Pooling.Pooled rowMajor =
                Pooling.maxPoolWithIndices(x, attribute(2, 2), attribute(1, 1), NO_PADS, attribute(1, 1), 0, 0);
        assertThat(rowMajor.y().toArray()).containsExactly(9, 9, 7, 6);
        assertThat(rowMajor.indices().toArray()).containsExactly(1, 1, 6, 8);
        Pooling.Pooled columnMajor =
                Pooling.maxPoolWithIndices(x, attribute(2, 2), attribute(1, 1), NO_PADS, attribute(1, 1), 0, 1);
        assertThat(columnMajor.indices().toArray()).containsExactly(2, 2, 6, 10);
    }

    @Test
    void normsOfWindowsAndMaps() {
        Tensor x = Tensor.of(new float[] {3, -4, 12}, 1, 1, 3);
        assertThat(Pooling.lpPool(x, attribute(2), attribute(1), attribute(0, 1), attribute(1), 0, 2)
                        .toArray())
                .containsExactly(new float[] {5, 12.649111f, 12}, within(1e-5f));
        assertThat(Pooling.globalLpPool(x, 2).toArray()).containsExactly(new float[] {13}, within(1e-5f));
        assertThat(Pooling.globalLpPool(x, 1).toArray()).containsExactly(new float[] {19}, within(1e-5f));
    }

    @Test
    void globalPoolsKeepTheRank() {
        Tensor x = random(2, 2, 3, 4, 5);
        Tensor average = Pooling.globalAveragePool(x);
        Tensor greatest = Pooling.globalMaxPool(x);
        assertThat(average.shape()).isEqualTo(Index.of(2, 3, 1, 1));
        assertThat(greatest.shape()).isEqualTo(Index.of(2, 3, 1, 1));
        assertThat(average.at(1, 2, 0, 0)).isCloseTo((float) (fold(x, 1, 2, 0, Double::sum) / 20), within(1e-6f));
        assertThat(greatest.at(1, 2, 0, 0)).isEqualTo((float) fold(x, 1, 2, -2, Math::max));
    }

    private static double fold(Tensor x, int n, int c, double initial, DoubleBinaryOperator operator) {
        double result = initial;
        for (int i = 0; i < x.size(2); i++) {
            for (int j = 0; j < x.size(3); j++) {
                result = operator.applyAsDouble(result, x.at(n, c, i, j));
            }
        }
        return result;
    }
}

package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.sqrt;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Kernels of several kinds run as plain Java and agree with loops. */
class EagerKernelTest {

    private static final float[][] BT = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
    private static final float[][] G = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
    private static final float[][] AT = {{1, 1, 1, 0}, {0, 1, -1, -1}};

    static Tensor conv2d(Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads) {
        int p = (x.size(2) + pads[0] + pads[2] - w.size(2)) / strides[0] + 1;
        int q = (x.size(3) + pads[1] + pads[3] - w.size(3)) / strides[1] + 1;
        return tensor(
                x.size(0),
                w.size(0),
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + sum(
                                x.size(1),
                                w.size(2),
                                w.size(3),
                                (c, r, s) -> x.atOr(0, n, c, i * strides[0] - pads[0] + r, j * strides[1] - pads[1] + s)
                                        * w.at(k, c, r, s)));
    }

    static Tensor winograd(Tensor x, Tensor w) {
        int rows = (x.size(1) - 2 + 1) / 2;
        int columns = (x.size(2) - 2 + 1) / 2;
        Tensor u = tensor(
                4, 4, w.size(0), w.size(1), (a, b, k, c) -> sum(3, 3, (r, s) -> G[a][r] * w.at(k, c, r, s) * G[b][s]));
        Tensor v = tensor(
                4,
                4,
                x.size(0),
                rows,
                columns,
                (a, b, c, i, j) -> sum(4, 4, (r, s) -> BT[a][r] * x.atOr(0, c, 2 * i + r, 2 * j + s) * BT[b][s]));
        Tensor m = tensor(
                4,
                4,
                w.size(0),
                rows,
                columns,
                (a, b, k, i, j) -> sum(x.size(0), c -> u.at(a, b, k, c) * v.at(a, b, c, i, j)));
        return tensor(
                w.size(0),
                x.size(1) - 2,
                x.size(2) - 2,
                (k, i, j) -> sum(4, 4, (a, b) -> AT[i % 2][a] * m.at(a, b, k, i / 2, j / 2) * AT[j % 2][b]));
    }

    static Tensor softmax(Tensor x, int axis) {
        int n = x.size(axis);
        Tensor largest = tensor(x.shape().with(axis, 1), i -> max(n, k -> x.at(i.with(axis, k))));
        Tensor e = tensor(x.shape(), i -> exp(x.at(i) - largest.at(i.with(axis, 0))));
        Tensor total = tensor(x.shape().with(axis, 1), i -> sum(n, k -> e.at(i.with(axis, k))));
        return tensor(x.shape(), i -> e.at(i) / total.at(i.with(axis, 0)));
    }

    record Normalized(Tensor y, Tensor mean) {}

    static Normalized layerNorm(Tensor x, Tensor scale) {
        int n = x.size(1);
        Tensor mean = tensor(x.size(0), i -> sum(n, j -> x.at(i, j)) / n);
        Tensor variance = tensor(
                x.size(0),
                i -> sum(n, j -> {
                            float d = x.at(i, j) - mean.at(i);
                            return d * d;
                        })
                        / n);
        Tensor y =
                tensor(x.size(0), n, (i, j) -> (x.at(i, j) - mean.at(i)) / sqrt(variance.at(i) + 1e-5f) * scale.at(j));
        return new Normalized(y, mean);
    }

    @Test
    void convolution() {
        Tensor x = random(1, 2, 3, 7, 6);
        Tensor w = random(2, 4, 3, 3, 2);
        Tensor b = random(3, 4);
        float[] expected = new float[2 * 4 * 4 * 3];
        for (int n = 0; n < 2; n++) {
            for (int k = 0; k < 4; k++) {
                for (int i = 0; i < 4; i++) {
                    for (int j = 0; j < 3; j++) {
                        float value = b.at(k);
                        for (int c = 0; c < 3; c++) {
                            for (int r = 0; r < 3; r++) {
                                for (int s = 0; s < 2; s++) {
                                    int row = 2 * i - 1 + r;
                                    int column = 2 * j + s;
                                    if (row >= 0 && row < 7 && column < 6) {
                                        value += x.at(n, c, row, column) * w.at(k, c, r, s);
                                    }
                                }
                            }
                        }
                        expected[((n * 4 + k) * 4 + i) * 3 + j] = value;
                    }
                }
            }
        }
        Tensor y = conv2d(x, w, b, new int[] {2, 2}, new int[] {1, 0, 1, 0});
        assertThat(y.shape()).isEqualTo(Index.of(2, 4, 4, 3));
        assertThat(y.toArray()).containsExactly(expected, within(1e-6f));
    }

    @Test
    void winogradAgreesWithDirectConvolutionOnRaggedTiles() {
        Tensor x = random(4, 3, 7, 9);
        Tensor w = random(5, 2, 3, 3, 3);
        Tensor asBatch = tensor(1, 3, 7, 9, (n, c, i, j) -> x.at(c, i, j));
        Tensor direct = conv2d(asBatch, w, Tensor.absent(0), new int[] {1, 1}, new int[] {0, 0, 0, 0});
        assertThat(winograd(x, w).toArray()).containsExactly(direct.toArray(), within(1e-5f));
    }

    @Test
    void softmaxOverAnyAxis() {
        Tensor x = random(6, 2, 3, 4);
        for (int axis = 0; axis < 3; axis++) {
            int along = axis;
            Tensor y = softmax(x, axis);
            for (Positions positions = new Positions(x.shape()); positions.hasNext(); ) {
                Index i = positions.next();
                double total = 0;
                for (int k = 0; k < x.size(axis); k++) {
                    total += Math.exp(x.at(i.with(along, k)));
                }
                assertThat(y.at(i)).isCloseTo((float) (Math.exp(x.at(i)) / total), within(1e-6f));
            }
        }
        assertThat(softmax(Tensor.of(new float[] {1000, 1000}, 2), 0).toArray()).containsExactly(0.5f, 0.5f);
    }

    @Test
    void layerNormHasZeroMeanAndUnitVariance() {
        Tensor x = random(7, 3, 50);
        Normalized result = layerNorm(x, tensor(50, j -> 1));
        for (int row = 0; row < 3; row++) {
            double mean = 0;
            double squares = 0;
            for (int j = 0; j < 50; j++) {
                mean += result.y().at(row, j) / 50;
                squares += Math.pow(result.y().at(row, j), 2) / 50;
            }
            assertThat(mean).isCloseTo(0, within(1e-6));
            assertThat(squares).isCloseTo(1, within(1e-3));
            int i = row;
            assertThat(result.mean().at(row)).isCloseTo(sum(50, j -> x.at(i, j)) / 50, within(1e-7f));
        }
    }

    @Test
    void gatherReadsWhereElementsSay() {
        Tensor table = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
        IntTensor ids = IntTensor.of(new long[] {2, 0}, 2);
        Tensor rows = tensor(2, 2, (i, j) -> table.at((int) ids.at(i), j));
        assertThat(rows.toArray()).containsExactly(5, 6, 1, 2);
    }

    private static Tensor random(int seed, int... shape) {
        Random random = new Random(seed);
        float[] values = new float[Index.of(shape).product()];
        for (int position = 0; position < values.length; position++) {
            values[position] = random.nextFloat() * 2 - 1;
        }
        return Tensor.of(values, shape);
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.mask;
import static dev.woodpecker.kernels.Tensors.random;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import dev.woodpecker.kernels.Attention.Attended;
import org.junit.jupiter.api.Test;

class AttentionTest {

    private static final Tensor NONE = Tensor.absent(0);
    private static final IntTensor ALL = IntTensor.absent(0);

    @Test
    void isTheMeanOfTheValuesByTheSoftmaxOfProducts() {
        Tensor q = random(1, 2, 4, 3, 5);
        Tensor k = random(2, 2, 2, 6, 5);
        Tensor v = random(3, 2, 2, 6, 7);
        Tensor y = Attention.attention(q, k, v, NONE, NONE, NONE, ALL, 0.7f, 0, -1, -1, 0)
                .y();
        for (int n = 0; n < 2; n++) {
            for (int h = 0; h < 4; h++) {
                for (int i = 0; i < 3; i++) {
                    double[] expected = new double[7];
                    double total = 0;
                    for (int j = 0; j < 6; j++) {
                        double product = 0;
                        for (int d = 0; d < 5; d++) {
                            product += q.at(n, h, i, d) * k.at(n, h / 2, j, d);
                        }
                        double power = Math.exp(0.7 * product);
                        total += power;
                        for (int d = 0; d < 7; d++) {
                            expected[d] += power * v.at(n, h / 2, j, d);
                        }
                    }
                    for (int d = 0; d < 7; d++) {
                        assertThat(y.at(n, h, i, d)).isCloseTo((float) (expected[d] / total), within(2e-6f));
                    }
                }
            }
        }
    }

    /** Values that are powers of ten tell which keys counted, all of them as much. */
    @Test
    void windowsMasksAndPaddingSayWhichKeysCount() {
        Tensor q = Tensor.of(new float[3], 1, 1, 3, 1);
        Tensor k = Tensor.of(new float[3], 1, 1, 3, 1);
        Tensor v = Tensor.of(new float[] {1, 10, 100}, 1, 1, 3, 1);
        assertCounted(Attention.attention(q, k, v, NONE, NONE, NONE, ALL, 1, 0, -1, 0, 0), 1, 11 / 2f, 111 / 3f);
        assertCounted(Attention.attention(q, k, v, NONE, NONE, NONE, ALL, 1, 0, 1, 0, 0), 1, 11 / 2f, 110 / 2f);
        assertCounted(
                Attention.attention(q, k, v, NONE, NONE, NONE, ints(2), 1, 0, -1, -1, 0), 11 / 2f, 11 / 2f, 11 / 2f);
        // The last of the three queries is at the second key.
        assertCounted(Attention.attention(q, k, v, NONE, NONE, NONE, ints(2), 1, 0, -1, 0, 0), 0, 1, 11 / 2f);
        MaskTensor rows = MaskTensor.of(new boolean[] {true, false, true, false, false, false, true, true, true}, 3, 3);
        assertCounted(Attention.attention(q, k, v, rows, NONE, NONE, ALL, 1, 0, -1, -1, 0), 101 / 2f, 0, 111 / 3f);
        assertCounted(
                Attention.attention(q, k, v, mask(true, true), NONE, NONE, ALL, 1, 0, -1, -1, 0),
                11 / 2f,
                11 / 2f,
                11 / 2f);
        Attended continued = Attention.attention(
                q,
                k,
                v,
                NONE,
                Tensor.of(new float[1], 1, 1, 1, 1),
                Tensor.of(new float[] {1000}, 1, 1, 1, 1),
                ALL,
                1,
                0,
                -1,
                0,
                3);
        assertCounted(continued, 1001 / 2f, 1011 / 3f, 1111 / 4f);
        assertThat(continued.presentValue().toArray()).containsExactly(1000, 1, 10, 100);
        assertThat(continued.qkMatmulOutput().toArray()).startsWith(0.5f, 0.5f, 0, 0);
    }

    @Test
    void rotatesPairsByTheAngleOfTheirPosition() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 1, 1, 6);
        Tensor cos = Tensor.of(new float[] {9, 9, 0, 1}, 2, 2);
        Tensor sin = Tensor.of(new float[] {9, 9, 1, 0}, 2, 2);
        IntTensor second = IntTensor.of(new long[] {1}, 1, 1);
        // A quarter turn of the first pair: (a, b) becomes (-b, a); the second pair and what is beyond stay.
        assertThat(Attention.rotaryEmbedding(x, cos, sin, second, 1, 0, 4).toArray())
                .containsExactly(-2, 1, 3, 4, 5, 6);
        assertThat(Attention.rotaryEmbedding(x, cos, sin, second, 0, 0, 4).toArray())
                .containsExactly(-3, 2, 1, 4, 5, 6);
        Tensor rows = Tensor.of(x.toArray(), 1, 1, 6);
        Tensor angle = Tensor.of(new float[] {0}, 1, 1, 1);
        assertThat(Attention.rotaryEmbedding(rows, angle, Tensor.of(vector(1).toArray(), 1, 1, 1), ALL, 1, 3, 0)
                        .toArray())
                .containsExactly(-2, 1, -4, 3, -6, 5);
    }

    private static void assertCounted(Attended attended, float... means) {
        assertThat(attended.y().toArray()).containsExactly(means, within(1e-4f));
    }
}

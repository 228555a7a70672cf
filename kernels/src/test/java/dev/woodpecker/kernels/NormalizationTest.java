package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.random;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class NormalizationTest {

    private static final Offset<Float> NEARLY = within(2e-6f);

    private final Tensor x = random(1, 2, 4, 3, 5);
    private final Tensor scale = vector(1, 2, -1, 0.5f);
    private final Tensor bias = vector(0, 1, 2, 3);

    /** Mean and variance over the elements of x that a test selects. */
    private record Statistics(double mean, double variance) {

        static Statistics of(Tensor x, int image, int firstChannel, int channels) {
            double total = 0;
            double squares = 0;
            int count = channels * 15;
            for (int c = firstChannel; c < firstChannel + channels; c++) {
                for (int i = 0; i < 3; i++) {
                    for (int j = 0; j < 5; j++) {
                        total += x.at(image, c, i, j);
                        squares += Math.pow(x.at(image, c, i, j), 2);
                    }
                }
            }
            return new Statistics(total / count, squares / count - Math.pow(total / count, 2));
        }

        double normalize(double value, double epsilon) {
            return (value - mean) / Math.sqrt(variance + epsilon);
        }
    }

    @Test
    void batchNormUsesTheGivenStatistics() {
        Tensor y = Normalization.batchNormalization(x, scale, bias, vector(1, 2, 3, 4), vector(4, 9, 16, 25), 0);
        assertThat(y.at(1, 2, 1, 4)).isCloseTo((x.at(1, 2, 1, 4) - 3) / 4 * -1 + 2, NEARLY);
        assertThat(y.at(0, 3, 2, 0)).isCloseTo((x.at(0, 3, 2, 0) - 4) / 5 * 0.5f + 3, NEARLY);
    }

    @Test
    void instanceNormTakesEachMapByItself() {
        Tensor y = Normalization.instanceNormalization(x, scale, bias, 0.1f);
        for (int c = 0; c < 4; c++) {
            double expected = Statistics.of(x, 1, c, 1).normalize(x.at(1, c, 2, 3), 0.1) * scale.at(c) + bias.at(c);
            assertThat(y.at(1, c, 2, 3)).isCloseTo((float) expected, NEARLY);
        }
    }

    @Test
    void groupNormTakesGroupsOfChannels() {
        Tensor y = Normalization.groupNormalization(x, scale, bias, 0.1f, 2);
        for (int c = 0; c < 4; c++) {
            double expected =
                    Statistics.of(x, 0, c / 2 * 2, 2).normalize(x.at(0, c, 2, 3), 0.1) * scale.at(c) + bias.at(c);
            assertThat(y.at(0, c, 2, 3)).isCloseTo((float) expected, NEARLY);
        }
    }

    @Test
    void layerNormOverTheLastAxes() {
        Tensor weights = random(5, 3, 5);
        Tensor shift = random(6, 5);
        Normalization.LayerNormalized result = Normalization.layerNormalization(x, weights, shift, 2, 0.1f);
        assertThat(result.mean().shape()).isEqualTo(Index.of(2, 4, 1, 1));
        assertThat(result.invStdDev().shape()).isEqualTo(Index.of(2, 4, 1, 1));
        Statistics statistics = Statistics.of(x, 1, 3, 1);
        assertThat(result.mean().at(1, 3, 0, 0)).isCloseTo((float) statistics.mean, NEARLY);
        assertThat(result.invStdDev().at(1, 3, 0, 0))
                .isCloseTo((float) (1 / Math.sqrt(statistics.variance + 0.1)), NEARLY);
        double expected = statistics.normalize(x.at(1, 3, 2, 1), 0.1) * weights.at(2, 1) + shift.at(1);
        assertThat(result.y().at(1, 3, 2, 1)).isCloseTo((float) expected, NEARLY);
        Tensor unshifted = Normalization.layerNormalization(x, weights, Tensor.absent(0), 2, 0.1f)
                .y();
        assertThat(unshifted.at(1, 3, 2, 1)).isCloseTo((float) (expected - shift.at(1)), NEARLY);
    }

    @Test
    void layerNormOverAllAxes() {
        Tensor ones = Tensor.scalar(1);
        Tensor y = Normalization.layerNormalization(x, ones, Tensor.absent(0), 0, 0)
                .y();
        assertThat(Dsl.sum(y.shape(), y::at)).isCloseTo(0, within(1e-4f));
        assertThat(Dsl.sum(y.shape(), i -> y.at(i) * y.at(i)) / 120).isCloseTo(1, within(1e-4f));
    }

    @Test
    void rmsNormDividesByTheRootMeanSquare() {
        Tensor row = Tensor.of(new float[] {3, 4, 0, 0, 1, 1, 1, 1}, 2, 4);
        assertThat(Normalization.rmsNormalization(row, vector(1, 1, 1, 2), 1, 0).toArray())
                .containsExactly(new float[] {1.2f, 1.6f, 0, 0, 1, 1, 1, 2}, NEARLY);
    }

    @Test
    void meanVarianceNormOverGivenAxes() {
        Tensor y = Normalization.meanVarianceNormalization(x, attribute(1, 2, 3));
        assertThat(y.at(1, 2, 1, 1))
                .isCloseTo((float) Statistics.of(x, 1, 0, 4).normalize(x.at(1, 2, 1, 1), 0), NEARLY);
    }

    @Test
    void lpNormAlongAnAxis() {
        Tensor rows = Tensor.of(new float[] {3, -4, 0, 0}, 2, 2);
        assertThat(Normalization.lpNormalization(rows, 1, 2).toArray())
                .containsExactly(new float[] {0.6f, -0.8f, 0, 0}, NEARLY);
        assertThat(Normalization.lpNormalization(rows, 1, 1).toArray())
                .containsExactly(new float[] {3 / 7f, -4 / 7f, 0, 0}, NEARLY);
        assertThat(Normalization.lpNormalization(rows, 0, 2).toArray()).containsExactly(1, -1, 0, 0);
    }

    /** ONNX: channels from {@code c - floor((size - 1) / 2)} to {@code c + ceil((size - 1) / 2)}. */
    @Test
    void localResponseLooksAtNeighbouringChannels() {
        Tensor channels = Tensor.of(new float[] {1, 2, 3, 4}, 1, 4, 1);
        float[] squares = {5, 14, 29, 25};
        float[] even = {5, 13, 25, 16};
        Tensor y = Normalization.localResponse(channels, 3, 0.5f, 1, 3);
        Tensor ofTwo = Normalization.localResponse(channels, 2, 0.5f, 1, 2);
        for (int c = 0; c < 4; c++) {
            assertThat(y.at(0, c, 0)).isCloseTo((float) ((c + 1) / Math.sqrt(1 + squares[c])), NEARLY);
            assertThat(ofTwo.at(0, c, 0)).isCloseTo((float) ((c + 1) / Math.sqrt(1 + even[c])), NEARLY);
        }
    }
}

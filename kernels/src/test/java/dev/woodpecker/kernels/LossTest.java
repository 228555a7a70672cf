package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class LossTest {

    private final Tensor likelihoods = Tensor.of(new float[] {-1, -2, -3, -4, -5, -6, -7, -8, -9}, 3, 3);
    private final IntTensor labels = ints(0, 2, 1);
    private final Tensor weights = vector(1, 10, 100);

    @Test
    void isTheWeightedLikelihoodOfTheLabel() {
        assertThat(Loss.negativeLogLikelihood(likelihoods, labels, weights, -1, 0)
                        .toArray())
                .containsExactly(1, 600, 80);
        assertThat(Loss.negativeLogLikelihood(likelihoods, labels, weights, -1, 1)
                        .at())
                .isEqualTo(681);
        assertThat(Loss.negativeLogLikelihood(likelihoods, labels, weights, -1, 2)
                        .at())
                .isEqualTo(681f / 111);
        assertThat(Loss.negativeLogLikelihood(likelihoods, labels, Tensor.absent(1), -1, 2)
                        .at())
                .isEqualTo(5);
    }

    @Test
    void ignoredLabelsCountNothing() {
        assertThat(Loss.negativeLogLikelihood(likelihoods, ints(-7, 2, 1), weights, -7, 0)
                        .toArray())
                .containsExactly(0, 600, 80);
        assertThat(Loss.negativeLogLikelihood(likelihoods, labels, weights, 2, 2)
                        .at())
                .isEqualTo(81f / 11);
    }

    @Test
    void crossEntropyTakesScores() {
        // Softmax of (0, log 3) is (1 / 4, 3 / 4).
        Tensor scores = Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 2);
        var result = Loss.softmaxCrossEntropy(scores, ints(0), Tensor.absent(1), -1, 2);
        assertThat(result.output().at()).isCloseTo((float) Math.log(4), within(1e-6f));
        assertThat(result.logProb().at(0, 1)).isCloseTo((float) Math.log(0.75), within(1e-6f));
    }
}

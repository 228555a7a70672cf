package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.random;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SoftmaxTest {

    private static final Offset<Float> NEARLY = within(1e-6f);

    @Test
    void alongEachAxis() {
        Tensor x = random(1, 2, 3, 4);
        double middle = 0;
        double last = 0;
        for (int k = 0; k < 3; k++) {
            middle += Math.exp(x.at(1, k, 2));
        }
        for (int k = 0; k < 4; k++) {
            last += Math.exp(x.at(1, 0, k));
        }
        float expectedMiddle = (float) (Math.exp(x.at(1, 0, 2)) / middle);
        float expectedLast = (float) (Math.exp(x.at(1, 0, 2)) / last);
        assertThat(Softmax.softmax(x, 1).at(1, 0, 2)).isCloseTo(expectedMiddle, NEARLY);
        assertThat(Softmax.softmax(x, 2).at(1, 0, 2)).isCloseTo(expectedLast, NEARLY);
        assertThat(Softmax.logSoftmax(x, 1).at(1, 0, 2)).isCloseTo((float) Math.log(expectedMiddle), NEARLY);
        assertThat(Softmax.logSoftmax(x, 2).at(1, 0, 2)).isCloseTo((float) Math.log(expectedLast), NEARLY);
    }

    @Test
    void largeNumbersDoNotOverflow() {
        assertThat(Softmax.softmax(vector(10000, 10000, -10000), 0).toArray()).containsExactly(0.5f, 0.5f, 0);
        assertThat(Softmax.logSoftmax(vector(10000, 10000), 0).toArray())
                .containsExactly(new float[] {-0.6931472f, -0.6931472f}, NEARLY);
    }

    @Test
    void hardmaxMarksTheFirstGreatest() {
        Tensor x = Tensor.of(new float[] {1, 3, 3, 5, 0, 2}, 2, 3);
        assertThat(Softmax.hardmax(x, 1).toArray()).containsExactly(0, 1, 0, 1, 0, 0);
        assertThat(Softmax.hardmax(x, 0).toArray()).containsExactly(0, 1, 1, 1, 0, 0);
    }
}

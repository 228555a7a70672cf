package dev.woodpecker.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ActivationTest {

    private static final Offset<Float> NEARLY = within(1e-6f);

    @Test
    void piecewiseLinearOnes() {
        assertThat(Activation.relu(-2f)).isZero();
        assertThat(Activation.relu(3f)).isEqualTo(3);
        assertThat(Activation.relu(Float.NaN)).isNaN();
        assertThat(Activation.relu(-2L)).isZero();
        assertThat(Activation.leakyRelu(-2, 0.1f)).isEqualTo(-0.2f);
        assertThat(Activation.leakyRelu(2, 0.1f)).isEqualTo(2);
        assertThat(Activation.parametricRelu(-2, 0.25f)).isEqualTo(-0.5f);
        assertThat(Activation.thresholdedRelu(1, 1)).isZero();
        assertThat(Activation.thresholdedRelu(1.5f, 1)).isEqualTo(1.5f);
        assertThat(Activation.hardSigmoid(-10, 0.2f, 0.5f)).isZero();
        assertThat(Activation.hardSigmoid(1, 0.2f, 0.5f)).isEqualTo(0.7f);
        assertThat(Activation.hardSigmoid(10, 0.2f, 0.5f)).isEqualTo(1);
        assertThat(Activation.hardSwish(1)).isCloseTo(0.6666667f, NEARLY);
        assertThat(Activation.hardSwish(-4)).isZero();
        assertThat(Activation.shrink(-2, 1.5f, 1)).isEqualTo(-0.5f);
        assertThat(Activation.shrink(2, 1.5f, 1)).isEqualTo(0.5f);
        assertThat(Activation.shrink(0.5f, 1.5f, 1)).isZero();
    }

    /** Values computed with 15 digits elsewhere. */
    @Test
    void exponentialOnes() {
        assertThat(Activation.elu(-1, 2)).isCloseTo(-1.2642411f, NEARLY);
        assertThat(Activation.elu(1, 2)).isEqualTo(1);
        assertThat(Activation.selu(-1, 1.6732632f, 1.0507010f)).isCloseTo(-1.1113307f, NEARLY);
        assertThat(Activation.selu(1, 1.6732632f, 1.0507010f)).isCloseTo(1.0507010f, NEARLY);
        assertThat(Activation.celu(-1, 2)).isCloseTo(-0.7869387f, NEARLY);
        assertThat(Activation.celu(3, 2)).isEqualTo(3);
        assertThat(Activation.sigmoid(0)).isEqualTo(0.5f);
        assertThat(Activation.sigmoid(2)).isCloseTo(0.8807971f, NEARLY);
        assertThat(Activation.sigmoid(-200)).isZero();
        assertThat(Activation.swish(2, 1)).isCloseTo(1.7615942f, NEARLY);
        assertThat(Activation.swiglu(2, 3, 1)).isCloseTo(5.2847825f, NEARLY);
        assertThat(Activation.softplus(1)).isCloseTo(1.3132617f, NEARLY);
        assertThat(Activation.softplus(500)).isEqualTo(500);
        assertThat(Activation.softplus(-500)).isZero();
        assertThat(Activation.softsign(-3)).isEqualTo(-0.75f);
        assertThat(Activation.mish(1)).isCloseTo(0.8650984f, NEARLY);
        assertThat(Activation.tanh(0.5f)).isCloseTo(0.4621172f, NEARLY);
        assertThat(Activation.gelu(1, 0)).isCloseTo(0.8413447f, NEARLY);
        assertThat(Activation.gelu(-1, 0)).isCloseTo(-0.1586553f, NEARLY);
        assertThat(Activation.gelu(1, 1)).isCloseTo(0.8411920f, NEARLY);
    }
}

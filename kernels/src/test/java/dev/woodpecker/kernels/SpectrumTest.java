package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class SpectrumTest {

    @Test
    void isTheSumOfTurnedElements() {
        Tensor x = random(1, 1, 7, 2);
        Tensor y = Spectrum.dft(x, 1, 9, 0, 0);
        assertThat(y.shape()).isEqualTo(Index.of(1, 9, 2));
        for (int k = 0; k < 9; k++) {
            double real = 0;
            double imaginary = 0;
            for (int t = 0; t < 7; t++) {
                double angle = -2 * Math.PI * k * t / 9;
                real += x.at(0, t, 0) * Math.cos(angle) - x.at(0, t, 1) * Math.sin(angle);
                imaginary += x.at(0, t, 0) * Math.sin(angle) + x.at(0, t, 1) * Math.cos(angle);
            }
            assertThat(y.at(0, k, 0)).isCloseTo((float) real, within(2e-6f));
            assertThat(y.at(0, k, 1)).isCloseTo((float) imaginary, within(2e-6f));
        }
        assertThat(Spectrum.dft(y, 1, 9, 1, 0).toArray())
                .satisfies(back ->
                        assertThat(java.util.Arrays.copyOf(back, 14)).containsExactly(x.toArray(), within(1e-6f)));
    }

    @Test
    void halfOfARealSignalsSpectrumIsEnough() {
        for (int length : new int[] {8, 9}) {
            Tensor x = random(2, 3, length, 1);
            Tensor half = Spectrum.dft(x, 1, length, 0, 1);
            assertThat(half.shape()).isEqualTo(Index.of(3, length / 2 + 1, 2));
            assertThat(Spectrum.dft(half, 1, length, 1, 1).toArray()).containsExactly(x.toArray(), within(1e-6f));
        }
    }

    @Test
    void framesAreTransformedByThemselves() {
        Tensor signal = random(3, 1, 12, 1);
        Tensor window = random(4, 6);
        Tensor frames = Spectrum.shortTimeFourier(signal, window, 3, 6, 1);
        assertThat(frames.shape()).isEqualTo(Index.of(1, 3, 4, 2));
        for (int f = 0; f < 3; f++) {
            float[] frame = new float[6];
            for (int t = 0; t < 6; t++) {
                frame[t] = signal.at(0, 3 * f + t, 0) * window.at(t);
            }
            Tensor expected = Spectrum.dft(Tensor.of(frame, 1, 6, 1), 1, 6, 0, 1);
            for (int k = 0; k < 4; k++) {
                assertThat(frames.at(0, f, k, 0)).isCloseTo(expected.at(0, k, 0), within(1e-6f));
                assertThat(frames.at(0, f, k, 1)).isCloseTo(expected.at(0, k, 1), within(1e-6f));
            }
        }
    }

    @Test
    void windowsRiseAndFall() {
        assertThat(Spectrum.hann(4, 1).toArray()).containsExactly(new float[] {0, 0.5f, 1, 0.5f}, within(1e-6f));
        assertThat(Spectrum.hann(5, 0).toArray()).containsExactly(new float[] {0, 0.5f, 1, 0.5f, 0}, within(1e-6f));
        assertThat(Spectrum.hamming(2, 1).toArray()).containsExactly(new float[] {4f / 46, 1}, within(1e-6f));
        assertThat(Spectrum.blackman(4, 1).toArray()).containsExactly(new float[] {0, 0.34f, 1, 0.34f}, within(1e-6f));
    }

    /** The centres of bands are whole frequencies; between two a triangle falls while the next rises. */
    @Test
    void bandsAreTriangles() {
        Tensor weights = Spectrum.melWeights(4, 64, 8000, 0, 4000);
        assertThat(weights.shape()).isEqualTo(Index.of(33, 4));
        for (int i = 0; i < 4; i++) {
            int band = i;
            assertThat(java.util.stream.IntStream.range(0, 33).filter(j -> weights.at(j, band) == 1))
                    .hasSize(1);
        }
        // 4000 Hz are 2146.1 mel; a sixth of it apart, the edges lie at 0, 2, 5, 9, 14 and 22 of 65 parts of 8000 Hz.
        assertThat(weights.at(1, 0)).isEqualTo(1f / 2);
        assertThat(weights.at(2, 0)).isEqualTo(1);
        assertThat(weights.at(4, 0)).isEqualTo(1f / 3);
        assertThat(weights.at(4, 1)).isEqualTo(2f / 3);
        assertThat(weights.at(22, 3)).isZero();
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.cos;
import static dev.woodpecker.dsl.Dsl.floor;
import static dev.woodpecker.dsl.Dsl.log;
import static dev.woodpecker.dsl.Dsl.pow;
import static dev.woodpecker.dsl.Dsl.sin;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Signals and their frequencies. Complex numbers are the two elements, real before imaginary, of a last axis; with extent
 * 1 that axis holds real numbers. Transforms are sums over all pairs of time and frequency: for the short ones of audio.
 */
public final class Spectrum {

    private static final float TURN = (float) (2 * Math.PI);

    private Spectrum() {}

    /**
     * The discrete Fourier transform of {@code length} elements along {@code axis}: those of x, and zeros where it has fewer.
     * With {@code onesided} 1 its first half, with the middle. With {@code inverse} 1 the way back, divided by the length;
     * {@code onesided} then means that x is such a half, and the result is real.
     */
    @Kernel(op = "DFT")
    @Example("x=1x256x1 axis=1 length=256 inverse=0 onesided=1")
    public static Tensor dft(Tensor x, int axis, int length, int inverse, int onesided) {
        int last = x.rank() - 1;
        boolean halfIn = inverse != 0 && onesided != 0;
        int frequencies = inverse == 0 && onesided != 0 ? length / 2 + 1 : length;
        int direction = inverse == 0 ? 1 : -1;
        Tensor cosines = tensor(length, m -> cosine(m, length));
        Tensor sines = tensor(length, m -> direction * sine(m, length));
        return tensor(x.shape().with(axis, frequencies).with(last, halfIn ? 1 : 2), o -> {
            float total = sum(length, t -> {
                // The other half of a real signal's frequencies are the conjugates of the first.
                boolean mirrored = halfIn && t > length / 2;
                Index at = o.with(axis, mirrored ? length - t : t);
                int phase = (int) ((long) o.get(axis) * t % length);
                float real = x.atOr(0, at.with(last, 0));
                float imaginary = x.size(last) == 1 ? 0 : x.atOr(0, at.with(last, 1));
                float signed = mirrored ? -imaginary : imaginary;
                return o.get(last) == 0
                        ? real * cosines.at(phase) + signed * sines.at(phase)
                        : signed * cosines.at(phase) - real * sines.at(phase);
            });
            return inverse == 0 ? total : total / length;
        });
    }

    /**
     * Fourier transforms of frames of {@code frameLength} elements, one each {@code frameStep}, times the window. signal: [n,
     * t, 1 or 2]; window: [frameLength]; returns [n, frames, frequencies, 2], with {@code onesided} 1 the first half of the
     * frequencies.
     */
    @Kernel(op = "STFT")
    @Example("signal=1x16000x1 window=256 frameStep=128 frameLength=256 onesided=1")
    public static Tensor shortTimeFourier(
            Tensor signal, @Absent(1) Tensor window, int frameStep, int frameLength, int onesided) {
        int frames = (signal.size(1) - frameLength) / frameStep + 1;
        Tensor cosines = tensor(frameLength, m -> cosine(m, frameLength));
        Tensor sines = tensor(frameLength, m -> sine(m, frameLength));
        Tensor framed = tensor(
                signal.size(0),
                frames,
                frameLength,
                signal.size(2),
                (n, f, t, part) -> signal.at(n, f * frameStep + t, part) * window.at(t));
        return tensor(
                signal.size(0),
                frames,
                onesided == 0 ? frameLength : frameLength / 2 + 1,
                2,
                (n, f, k, part) -> sum(frameLength, t -> {
                    int phase = k * t % frameLength;
                    float real = framed.at(n, f, t, 0);
                    float imaginary = signal.size(2) == 1 ? 0 : framed.at(n, f, t, 1);
                    return part == 0
                            ? real * cosines.at(phase) + imaginary * sines.at(phase)
                            : imaginary * cosines.at(phase) - real * sines.at(phase);
                }));
    }

    /** {@code size} elements of a raised cosine; with {@code periodic} 0 the last is as the first. */
    @Kernel(op = "HannWindow")
    public static Tensor hann(int size, int periodic) {
        return tensor(size, i -> 0.5f - 0.5f * cos(phase(i, size, periodic)));
    }

    /** As {@link #hann}, on a pedestal. */
    @Kernel(op = "HammingWindow")
    public static Tensor hamming(int size, int periodic) {
        return tensor(size, i -> 25f / 46 - 21f / 46 * cos(phase(i, size, periodic)));
    }

    /** As {@link #hann}, with a second cosine that flattens its ends. */
    @Kernel(op = "BlackmanWindow")
    public static Tensor blackman(int size, int periodic) {
        return tensor(
                size, i -> 0.42f - 0.5f * cos(phase(i, size, periodic)) + 0.08f * cos(2 * phase(i, size, periodic)));
    }

    /**
     * What brings a spectrum to bands that are equally wide on the mel scale of pitch: triangles, each from the centre of the
     * band before to that of the band after. Returns [dftLength / 2 + 1, numMelBins].
     */
    @Kernel(op = "MelWeightMatrix")
    public static Tensor melWeights(
            int numMelBins, int dftLength, int sampleRate, float lowerEdgeHertz, float upperEdgeHertz) {
        Tensor edges = tensor(numMelBins + 2, i -> {
            float lowest = mel(lowerEdgeHertz);
            float step = (mel(upperEdgeHertz) - lowest) / (numMelBins + 2);
            float hertz = 700 * (pow(10, (lowest + i * step) / 2595) - 1);
            return floor((dftLength + 1) * hertz / sampleRate);
        });
        return tensor(dftLength / 2 + 1, numMelBins, (j, i) -> {
            float lower = edges.at(i);
            float centre = edges.at(i + 1);
            float higher = edges.at(i + 2);
            return j >= centre && j < higher
                    ? (higher - j) / (higher - centre)
                    : j == centre ? 1 : j >= lower && j < centre ? (j - lower) / (centre - lower) : 0;
        });
    }

    /** The cosine of {@code m} parts of a turn, by a sine of at most a quarter turn, so that zeros and ones are exact. */
    private static float cosine(int m, int parts) {
        return sin(TURN / 4 * (parts - 4 * Math.min(m, parts - m)) / parts);
    }

    /** As {@link #cosine}. */
    private static float sine(int m, int parts) {
        int shorter = Math.min(m, parts - m);
        float value = sin(TURN / 2 * Math.min(2 * shorter, parts - 2 * shorter) / parts);
        return shorter < m ? -value : value;
    }

    private static float phase(int i, int size, int periodic) {
        return TURN * i / (periodic == 0 ? size - 1 : size);
    }

    private static float mel(float hertz) {
        return 2595 / log(10) * log(1 + hertz / 700);
    }
}

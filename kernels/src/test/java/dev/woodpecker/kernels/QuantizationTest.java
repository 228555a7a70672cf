package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

/** Expected values by hand, those of bytes from the examples of ONNX's operator descriptions. */
class QuantizationTest {

    private static final IntTensor NO_INTS = IntTensor.absent(0);

    @Test
    void roundsToEvenAndStaysAtTheBounds() {
        assertThat(Quantization.quantize(3f, 2, 128, 0, 255)).isEqualTo(130); // 1.5
        assertThat(Quantization.quantize(5f, 2, 128, 0, 255)).isEqualTo(130); // 2.5
        assertThat(Quantization.quantize(1000f, 2, 128, 0, 255)).isEqualTo(255);
        assertThat(Quantization.quantize(-1000f, 2, 128, 0, 255)).isZero();
        assertThat(Quantization.quantize(-7L, 2, 0, -128, 127)).isEqualTo(-4);
        assertThat(Quantization.dequantize(130, 2, 128)).isEqualTo(4);
    }

    @Test
    void blocksHaveScalesOfTheirOwn() {
        Tensor scale = Tensor.of(new float[] {1, 2, 4, 8}, 2, 2);
        IntTensor zero = IntTensor.of(new long[] {0, 1, 0, 10}, 2, 2);
        Tensor x = Tensor.of(new float[] {4, 5, 6, 8, 8, 8}, 2, 3);
        IntTensor q = Quantization.quantizeBlocks(x, scale, zero, 1, 2, -128, 127);
        assertThat(q.toArray()).containsExactly(4, 5, 4, 2, 2, 11);
        assertThat(Quantization.dequantizeBlocks(q, scale, zero, 1, 2).toArray())
                .containsExactly(x.toArray());
    }

    @Test
    void dynamicScaleSpansTheElementsAndZero() {
        var result = Quantization.quantizeDynamically(vector(0, 2, -3, -2.5f, 1.34f, 0.5f));
        assertThat(result.yScale().at()).isEqualTo(5f / 255);
        assertThat(result.yZeroPoint().at()).isEqualTo(153);
        assertThat(result.y().toArray()).containsExactly(153, 255, 0, 26, 221, 179);
        var positive = Quantization.quantizeDynamically(vector(1, 51));
        assertThat(positive.yZeroPoint().at()).isZero();
        assertThat(positive.y().toArray()).containsExactly(5, 255);
        assertThat(Quantization.quantizeDynamically(vector(0, 0)).yScale().at()).isEqualTo(1);
    }

    @Test
    void productsTakeZeroPointsOff() {
        IntTensor a = IntTensor.of(new long[] {11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0}, 4, 3);
        IntTensor b = IntTensor.of(new long[] {1, 4, 2, 5, 3, 6}, 3, 2);
        assertThat(QuantizedProduct.matmul(a, b, ints(12), ints(0)).toArray())
                .containsExactly(-38, -83, -44, -98, -50, -113, -56, -128);
        IntTensor product = QuantizedProduct.quantizedMatmul(
                a, vector(0.5f), ints(12), b, vector(1, 2), ints(0), vector(4), ints(10), -128, 127);
        // (-38, -83) * (1 / 8, 2 / 8) is (-4.75, -20.75)
        assertThat(product.toArray()).startsWith(5, -11);
    }

    @Test
    void convolutionsArePaddedWithTheZeroPoint() {
        IntTensor x = IntTensor.of(new long[] {2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, 1, 3, 3);
        IntTensor w = IntTensor.of(new long[] {1, 1, 1, 1}, 1, 1, 2, 2);
        int[] ones = attribute(1, 1);
        assertThat(QuantizedProduct.convolution(x, w, ints(1), NO_INTS, ones, attribute(0, 0, 0, 0), ones, 1)
                        .toArray())
                .containsExactly(12, 16, 24, 28);
        IntTensor padded = QuantizedProduct.convolution(x, w, ints(1), NO_INTS, ones, attribute(1, 1, 1, 1), ones, 1);
        assertThat(padded.shape()).isEqualTo(Index.of(1, 1, 4, 4));
        assertThat(padded.toArray()).containsExactly(1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9);
        IntTensor quantized = QuantizedProduct.quantizedConvolution(
                x,
                vector(1),
                ints(1),
                w,
                vector(0.5f),
                ints(0),
                vector(2),
                ints(3),
                ints(4),
                ones,
                attribute(0, 0, 0, 0),
                ones,
                1,
                0,
                9);
        // (12 + 4) / 4 + 3, ...
        assertThat(quantized.toArray()).containsExactly(7, 8, 9, 9);
    }

    /** Two channels; filters of two pixels, the second channel's reversed and with a zero point of 1. */
    @Test
    void eachChannelHasItsOwnFilters() {
        IntTensor x = IntTensor.of(new long[] {5, 6, 7, 10, 20, 30}, 1, 2, 3);
        IntTensor w = IntTensor.of(new long[] {1, 2, 3, 2}, 2, 1, 2);
        IntTensor zeroPoints = ints(0, 1);
        int[] one = attribute(1);
        IntTensor sums = QuantizedProduct.depthwise(x, w, ints(5), zeroPoints, one, attribute(0, 1), one, 2);
        // Of pixels 0, 1, 2 and of 5, 15, 25, and behind them 0.
        assertThat(sums.shape()).isEqualTo(Index.of(1, 2, 3));
        assertThat(sums.toArray()).containsExactly(2, 5, 2, 25, 55, 50);
        assertThat(QuantizedProduct.convolution(x, w, ints(5), zeroPoints, one, attribute(0, 1), one, 2)
                        .toArray())
                .containsExactly(sums.toArray());
        IntTensor quantized = QuantizedProduct.quantizedDepthwise(
                x,
                vector(1),
                ints(5),
                w,
                vector(1, 0.5f),
                zeroPoints,
                vector(2),
                ints(3),
                ints(0, 5),
                one,
                attribute(0, 1),
                one,
                2,
                0,
                16);
        // 2 / 2 + 3, round(2.5) + 3, 2 / 2 + 3; (25 + 5) / 4 + 3, 60 / 4 + 3, 55 / 4 + 3
        assertThat(quantized.toArray()).containsExactly(4, 5, 4, 11, 16, 16);
    }

    /** Groups of four channels: a word each. */
    @Test
    void wordsOfAGroupMeetItsFilters() {
        IntTensor x = IntTensor.of(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 8, 1);
        IntTensor w = IntTensor.of(new long[] {1, 1, 1, 1, -1, 0, 0, 2}, 2, 4, 1);
        int[] one = attribute(1);
        IntTensor sums = ByteProduct.convolution(x, w, ints(1), ints(0, 1), one, attribute(0, 0), one, 2, 0, 0);
        // 0 + 1 + 2 + 3; 4, 5, 6, 7 times -2, -1, -1, 1
        assertThat(sums.toArray()).containsExactly(6, -12);
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.min;
import static dev.woodpecker.dsl.Dsl.round;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Attribute;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Numbers as short integers: {@code q} stands for {@code (q - zeroPoint) * scale}. {@code least} and {@code greatest} are
 * the bounds of the integers' type, at which what is beyond them stays.
 *
 * <p>Scales and zero points of a whole tensor are scalars; those of an axis arrive with extent 1 on the axes after it, so
 * that they broadcast; the blocked variants have one for each {@code blockSize} elements along {@code axis}.
 */
public final class Quantization {

    private static final float GREATEST_BYTE = 255;

    private Quantization() {}

    /** The nearest integer, to even where two are equally near. */
    @Kernel(op = "QuantizeLinear")
    public static long quantize(
            float x, float yScale, @Absent long yZeroPoint, @Attribute float least, @Attribute float greatest) {
        return (int) Math.max(least, Math.min(greatest, round(x / yScale) + yZeroPoint));
    }

    /** As for floats. */
    @Kernel(op = "QuantizeLinear")
    public static long quantize(
            long x, float yScale, @Absent long yZeroPoint, @Attribute float least, @Attribute float greatest) {
        return (int) Math.max(least, Math.min(greatest, round(x / yScale) + yZeroPoint));
    }

    /** x: [a..., d, b...]; yScale, yZeroPoint: [a..., ceil(d / blockSize), b...]; returns the shape of x. */
    @Kernel(op = "QuantizeLinear", variant = "blocked")
    @Example("x=64x128 yScale=64x4 yZeroPoint=64x4 axis=1 blockSize=32 least=-128 greatest=127")
    public static IntTensor quantizeBlocks(
            Tensor x,
            Tensor yScale,
            @Absent IntTensor yZeroPoint,
            int axis,
            int blockSize,
            float least,
            float greatest) {
        return Ints.tensor(x.shape(), i -> {
            Index block = i.with(axis, i.get(axis) / blockSize);
            return (int) Math.max(least, Math.min(greatest, round(x.at(i) / yScale.at(block)) + yZeroPoint.at(block)));
        });
    }

    /** The number that an integer stands for. */
    @Kernel(op = "DequantizeLinear")
    public static float dequantize(long x, float xScale, @Absent long xZeroPoint) {
        return (x - xZeroPoint) * xScale;
    }

    /** x: [a..., d, b...]; xScale, xZeroPoint: [a..., ceil(d / blockSize), b...]; returns the shape of x. */
    @Kernel(op = "DequantizeLinear", variant = "blocked")
    @Example("x=64x128 xScale=64x4 xZeroPoint=64x4 axis=1 blockSize=32")
    public static Tensor dequantizeBlocks(
            IntTensor x, Tensor xScale, @Absent IntTensor xZeroPoint, int axis, int blockSize) {
        return tensor(x.shape(), i -> {
            Index block = i.with(axis, i.get(axis) / blockSize);
            return (x.at(i) - xZeroPoint.at(block)) * xScale.at(block);
        });
    }

    /** The results of {@link #quantizeDynamically}. */
    public record DynamicallyQuantized(IntTensor y, Tensor yScale, IntTensor yZeroPoint) {}

    /**
     * Unsigned bytes that span just the elements of x, and 0 so that it is exact. x: any shape; y: that shape; the scale and
     * the zero point are scalars. Where all is 0, the scale is 1.
     */
    @Kernel(op = "DynamicQuantizeLinear")
    @Example("x=128x384")
    public static DynamicallyQuantized quantizeDynamically(Tensor x) {
        Tensor least = tensor(() -> Math.min(0, min(x.shape(), i -> x.at(i))));
        Tensor greatest = tensor(() -> Math.max(0, max(x.shape(), i -> x.at(i))));
        Tensor scale = tensor(() -> greatest.at() == least.at() ? 1 : (greatest.at() - least.at()) / GREATEST_BYTE);
        IntTensor zeroPoint =
                Ints.tensor(() -> (int) round(Math.max(0, Math.min(GREATEST_BYTE, -least.at() / scale.at()))));
        IntTensor y = Ints.tensor(x.shape(), i ->
                (int) Math.max(0, Math.min(GREATEST_BYTE, round(x.at(i) / scale.at()) + zeroPoint.at())));
        return new DynamicallyQuantized(y, scale, zeroPoint);
    }
}

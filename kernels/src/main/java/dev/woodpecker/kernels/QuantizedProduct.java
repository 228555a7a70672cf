package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.round;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Matrix products and convolutions of short integers. Zero points are taken off both factors, and what is left is
 * multiplied and added up in 32 bits, which is exact. The kernels whose result is quantised too bring the sum to its
 * scale; {@code least} and {@code greatest} are the bounds of the result's type.
 *
 * <p>Matrices have leading axes that broadcast. A zero point or scale is that of a whole tensor, of rank 0 or 1, or it
 * broadcasts: the first matrix's has extent 1 on the last axis, the second one's has the columns on it. Those of the
 * weights of a convolution may be one a filter. Strides, pads and dilations are as in {@link Convolution}.
 */
public final class QuantizedProduct {

    private QuantizedProduct() {}

    /** a: [..., m, k]; b: [..., k, n]; returns [..., m, n]. */
    @Kernel(op = "MatMulInteger")
    @Example("a=128x384 b=384x384")
    public static IntTensor matmul(
            IntTensor a, IntTensor b, @Absent IntTensor aZeroPoint, @Absent IntTensor bZeroPoint) {
        require(a.rank() >= 2 && b.rank() >= 2);
        require(a.size(a.rank() - 1) == b.size(b.rank() - 2));
        return Ints.tensor(productShape(a, b), o -> product(o, a, aZeroPoint, b, bZeroPoint));
    }

    /** {@link #matmul}, quantised. Returns [..., m, n]. */
    @Kernel(op = "QLinearMatMul")
    @Example("a=128x384 aScale=scalar aZeroPoint=scalar b=384x384 bScale=384 bZeroPoint=384 yScale=scalar"
            + " yZeroPoint=scalar least=-128 greatest=127")
    public static IntTensor quantizedMatmul(
            IntTensor a,
            Tensor aScale,
            IntTensor aZeroPoint,
            IntTensor b,
            Tensor bScale,
            IntTensor bZeroPoint,
            Tensor yScale,
            IntTensor yZeroPoint,
            float least,
            float greatest) {
        require(a.rank() >= 2 && b.rank() >= 2);
        require(a.size(a.rank() - 1) == b.size(b.rank() - 2));
        return Ints.tensor(productShape(a, b), o -> {
            float scale = aScale.at(o.within(aScale.shape()))
                    * bScale.at(o.within(bScale.shape()))
                    / yScale.at(o.within(yScale.shape()));
            return quantized(
                    product(o, a, aZeroPoint, b, bZeroPoint) * scale,
                    yZeroPoint.at(o.within(yZeroPoint.shape())),
                    least,
                    greatest);
        });
    }

    /** x: [n, c, d...]; w: [k, c / group, r...]; returns [n, k, p...]. Around x is its zero point. */
    @Kernel(op = "ConvInteger")
    @Example("x=1x64x56x56 w=64x64x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    public static IntTensor convolution(
            IntTensor x,
            IntTensor w,
            @Absent IntTensor xZeroPoint,
            @Absent IntTensor wZeroPoint,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        return Ints.tensor(
                convolutionShape(x, w, strides, pads, dilations),
                o -> convolved(o, x, xZeroPoint, w, wZeroPoint, strides, pads, dilations, group));
    }

    /** {@link #convolution} with a bias at the scale {@code xScale * wScale}, quantised. b: [k]; returns [n, k, p...]. */
    @Kernel(op = "QLinearConv")
    @Example("x=1x64x56x56 xScale=scalar xZeroPoint=scalar w=64x64x3x3 wScale=64 wZeroPoint=64 yScale=scalar"
            + " yZeroPoint=scalar b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1 least=0 greatest=255")
    public static IntTensor quantizedConvolution(
            IntTensor x,
            Tensor xScale,
            IntTensor xZeroPoint,
            IntTensor w,
            Tensor wScale,
            IntTensor wZeroPoint,
            Tensor yScale,
            IntTensor yZeroPoint,
            @Absent IntTensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            float least,
            float greatest) {
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        return Ints.tensor(convolutionShape(x, w, strides, pads, dilations), o -> {
            Index filter = Index.of(o.get(1));
            float scale = xScale.at(Index.of(0).within(xScale.shape()))
                    * wScale.at(filter.within(wScale.shape()))
                    / yScale.at(Index.of(0).within(yScale.shape()));
            long total = b.at(o.get(1)) + convolved(o, x, xZeroPoint, w, wZeroPoint, strides, pads, dilations, group);
            return quantized(total * scale, yZeroPoint.at(Index.of(0).within(yZeroPoint.shape())), least, greatest);
        });
    }

    /** Depthwise {@link #convolution}: each channel has filters of its own. w: [m * c, 1, r...]. */
    @Kernel(op = "ConvInteger", variant = "depthwise")
    @Example("x=1x96x56x56 w=96x1x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=96")
    public static IntTensor depthwise(
            IntTensor x,
            IntTensor w,
            @Absent IntTensor xZeroPoint,
            @Absent IntTensor wZeroPoint,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        require(group == x.size(1) && w.size(1) == 1 && w.size(0) % group == 0);
        return Ints.tensor(
                convolutionShape(x, w, strides, pads, dilations),
                o -> filtered(o, x, xZeroPoint, w, wZeroPoint, strides, pads, dilations, group));
    }

    /** {@link #quantizedConvolution} as {@link #depthwise} does it. */
    @Kernel(op = "QLinearConv", variant = "depthwise")
    @Example("x=1x96x56x56 xScale=scalar xZeroPoint=scalar w=96x1x3x3 wScale=96 wZeroPoint=96 yScale=scalar"
            + " yZeroPoint=scalar b=96 strides=1,1 pads=1,1,1,1 dilations=1,1 group=96 least=0 greatest=255")
    public static IntTensor quantizedDepthwise(
            IntTensor x,
            Tensor xScale,
            IntTensor xZeroPoint,
            IntTensor w,
            Tensor wScale,
            IntTensor wZeroPoint,
            Tensor yScale,
            IntTensor yZeroPoint,
            @Absent IntTensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            float least,
            float greatest) {
        require(group == x.size(1) && w.size(1) == 1 && w.size(0) % group == 0);
        return Ints.tensor(convolutionShape(x, w, strides, pads, dilations), o -> {
            Index filter = Index.of(o.get(1));
            float scale = xScale.at(Index.of(0).within(xScale.shape()))
                    * wScale.at(filter.within(wScale.shape()))
                    / yScale.at(Index.of(0).within(yScale.shape()));
            long total = b.at(o.get(1)) + filtered(o, x, xZeroPoint, w, wZeroPoint, strides, pads, dilations, group);
            return quantized(total * scale, yZeroPoint.at(Index.of(0).within(yZeroPoint.shape())), least, greatest);
        });
    }

    private static Index productShape(IntTensor a, IntTensor b) {
        Index batch = a.shape().first(a.rank() - 2).broadcast(b.shape().first(b.rank() - 2));
        return batch.concat(Index.of(a.size(a.rank() - 2), b.size(b.rank() - 1)));
    }

    /** The element of the product at {@code o}. */
    private static long product(Index o, IntTensor a, IntTensor aZeroPoint, IntTensor b, IntTensor bZeroPoint) {
        Index batch = o.first(o.rank() - 2);
        Index matrixA = batch.within(a.shape().first(a.rank() - 2));
        Index matrixB = batch.within(b.shape().first(b.rank() - 2));
        return Ints.sum(a.size(a.rank() - 1), k -> {
            Index inA = matrixA.concat(Index.of(o.get(o.rank() - 2), k));
            Index inB = matrixB.concat(Index.of(k, o.get(o.rank() - 1)));
            return (a.at(inA) - aZeroPoint.at(inA.within(aZeroPoint.shape())))
                    * (b.at(inB) - bZeroPoint.at(inB.within(bZeroPoint.shape())));
        });
    }

    private static Index convolutionShape(IntTensor x, IntTensor w, int[] strides, int[] pads, int[] dilations) {
        Index window = w.shape().from(2);
        int spatial = window.rank();
        return Index.of(x.size(0), w.size(0))
                .concat(window.map(
                        d -> (x.size(2 + d) + pads[d] + pads[spatial + d] - dilations[d] * (window.get(d) - 1) - 1)
                                        / strides[d]
                                + 1));
    }

    /** The element of the convolution at {@code o}. */
    private static long convolved(
            Index o,
            IntTensor x,
            IntTensor xZeroPoint,
            IntTensor w,
            IntTensor wZeroPoint,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        int channels = w.size(1);
        int filters = w.size(0) / group;
        Index window = w.shape().from(2);
        Index filter = Index.of(o.get(1));
        long nothing = xZeroPoint.at(Index.of(0).within(xZeroPoint.shape()));
        return Ints.sum(w.shape().from(1), t -> {
            int channel = o.get(1) / filters * channels + t.get(0);
            Index position = window.map(d -> o.get(2 + d) * strides[d] - pads[d] + t.get(1 + d) * dilations[d]);
            return (x.atOr(nothing, Index.of(o.get(0), channel).concat(position)) - nothing)
                    * (w.at(filter.concat(t)) - wZeroPoint.at(filter.within(wZeroPoint.shape())));
        });
    }

    /** The element of the depthwise convolution at {@code o}. */
    private static long filtered(
            Index o,
            IntTensor x,
            IntTensor xZeroPoint,
            IntTensor w,
            IntTensor wZeroPoint,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group) {
        int filters = w.size(0) / group;
        Index window = w.shape().from(2);
        Index filter = Index.of(o.get(1));
        long nothing = xZeroPoint.at(Index.of(0).within(xZeroPoint.shape()));
        return Ints.sum(window, t -> {
            Index position = window.map(d -> o.get(2 + d) * strides[d] - pads[d] + t.get(d) * dilations[d]);
            return (x.atOr(nothing, Index.of(o.get(0), o.get(1) / filters).concat(position)) - nothing)
                    * (w.at(Index.of(o.get(1), 0).concat(t)) - wZeroPoint.at(filter.within(wZeroPoint.shape())));
        });
    }

    private static long quantized(float value, long zeroPoint, float least, float greatest) {
        return (int) Math.max(least, Math.min(greatest, round(value) + zeroPoint));
    }
}

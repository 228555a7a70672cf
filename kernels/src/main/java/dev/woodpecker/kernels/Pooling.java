package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.argMax;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.pow;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Pooling over windows and over whole maps, with any number of spatial axes. x: [n, c, d...]; the windows' result is
 * [n, c, p...]. {@code kernelShape}, {@code strides} and {@code dilations} have one value a spatial axis, {@code pads} the
 * begins of all spatial axes and then the ends; {@code ceilMode} is 1 if a last, incomplete window counts.
 */
public final class Pooling {

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private Pooling() {}

    /** The greatest element of each window. */
    @Kernel(op = "MaxPool")
    @Example("x=1x64x112x112 kernelShape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 ceilMode=0")
    public static Tensor maxPool(
            Tensor x, int[] kernelShape, int[] strides, int[] pads, int[] dilations, int ceilMode) {
        Index window = Index.of(kernelShape);
        Index extents = window.map(d -> pooledExtent(
                x.size(2 + d), pads[d], pads[window.rank() + d], window.get(d), strides[d], dilations[d], ceilMode));
        return tensor(
                x.shape().first(2).concat(extents),
                o -> max(
                        window,
                        t -> x.atOr(
                                NONE,
                                o.first(2)
                                        .concat(window.map(
                                                d -> o.get(2 + d) * strides[d] - pads[d] + t.get(d) * dilations[d])))));
    }

    /** The greatest element of each column of a window first, then of these: 13 + 13 comparisons where {@link #maxPool} has 169. */
    @Kernel(op = "MaxPool", variant = "separable")
    @Example("x=1x64x13x13 kernelShape=13,13 strides=1,1 pads=6,6,6,6 dilations=1,1 ceilMode=0")
    public static Tensor maxPoolByAxes(
            Tensor x, int[] kernelShape, int[] strides, int[] pads, int[] dilations, int ceilMode) {
        require(x.rank() == 4);
        int p = pooledExtent(x.size(2), pads[0], pads[2], kernelShape[0], strides[0], dilations[0], ceilMode);
        int q = pooledExtent(x.size(3), pads[1], pads[3], kernelShape[1], strides[1], dilations[1], ceilMode);
        Tensor ofColumns = tensor(
                x.size(0),
                x.size(1),
                p,
                x.size(3),
                (n, c, i, j) ->
                        max(kernelShape[0], r -> x.atOr(NONE, n, c, i * strides[0] - pads[0] + r * dilations[0], j)));
        return tensor(
                x.size(0),
                x.size(1),
                p,
                q,
                (n, c, i, j) -> max(
                        kernelShape[1],
                        s -> ofColumns.atOr(NONE, n, c, i, j * strides[1] - pads[1] + s * dilations[1])));
    }

    /** {@link #maxPool} of integers, of whose type {@code least} is the least. */
    @Kernel(op = "MaxPool", variant = "integers")
    @Example("x=1x64x112x112 kernelShape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 ceilMode=0 least=0")
    public static IntTensor maxPoolOfIntegers(
            IntTensor x, int[] kernelShape, int[] strides, int[] pads, int[] dilations, int ceilMode, int least) {
        Index window = Index.of(kernelShape);
        Index extents = window.map(d -> pooledExtent(
                x.size(2 + d), pads[d], pads[window.rank() + d], window.get(d), strides[d], dilations[d], ceilMode));
        return Ints.tensor(
                x.shape().first(2).concat(extents),
                o -> Ints.max(
                        window,
                        t -> x.atOr(
                                least,
                                o.first(2)
                                        .concat(window.map(
                                                d -> o.get(2 + d) * strides[d] - pads[d] + t.get(d) * dilations[d])))));
    }

    /** The results of {@link #maxPoolWithIndices}. */
    public record Pooled(Tensor y, IntTensor indices) {}

    /**
     * The greatest element of each window of a 2-D map, and its position in the flattened input; {@code storageOrder}: 0
     * with the last axis innermost, 1 with the last but one.
     */
    @Kernel(op = "MaxPool", variant = "indices")
    @Example("x=1x8x16x16 kernelShape=2,2 strides=2,2 pads=0,0,0,0 dilations=1,1 ceilMode=0 storageOrder=0")
    public static Pooled maxPoolWithIndices(
            Tensor x, int[] kernelShape, int[] strides, int[] pads, int[] dilations, int ceilMode, int storageOrder) {
        require(x.rank() == 4);
        int h = x.size(2);
        int w = x.size(3);
        int columns = kernelShape[1];
        int p = pooledExtent(h, pads[0], pads[2], kernelShape[0], strides[0], dilations[0], ceilMode);
        int q = pooledExtent(w, pads[1], pads[3], columns, strides[1], dilations[1], ceilMode);
        IntTensor taps = Ints.tensor(
                x.size(0),
                x.size(1),
                p,
                q,
                (n, c, i, j) -> argMax(
                        kernelShape[0] * columns,
                        t -> x.atOr(
                                NONE,
                                n,
                                c,
                                i * strides[0] - pads[0] + t / columns * dilations[0],
                                j * strides[1] - pads[1] + t % columns * dilations[1])));
        Tensor y = tensor(
                x.size(0),
                x.size(1),
                p,
                q,
                (n, c, i, j) -> max(
                        kernelShape[0],
                        columns,
                        (r, s) -> x.atOr(
                                NONE,
                                n,
                                c,
                                i * strides[0] - pads[0] + r * dilations[0],
                                j * strides[1] - pads[1] + s * dilations[1])));
        IntTensor indices = Ints.tensor(x.size(0), x.size(1), p, q, (n, c, i, j) -> {
            long row = i * strides[0] - pads[0] + taps.at(n, c, i, j) / columns * dilations[0];
            long column = j * strides[1] - pads[1] + taps.at(n, c, i, j) % columns * dilations[1];
            long map = (long) n * x.size(1) + c;
            return map * h * w + (storageOrder == 0 ? row * w + column : column * h + row);
        });
        return new Pooled(y, indices);
    }

    /** The mean of each window: over its elements in the input, or ({@code countIncludePad} 1) in the padded input. */
    @Kernel(op = "AveragePool")
    @Example("x=1x64x56x56 kernelShape=3,3 strides=1,1 pads=1,1,1,1 dilations=1,1 ceilMode=0 countIncludePad=0")
    public static Tensor averagePool(
            Tensor x,
            int[] kernelShape,
            int[] strides,
            int[] pads,
            int[] dilations,
            int ceilMode,
            int countIncludePad) {
        Index window = Index.of(kernelShape);
        Index extents = window.map(d -> pooledExtent(
                x.size(2 + d), pads[d], pads[window.rank() + d], window.get(d), strides[d], dilations[d], ceilMode));
        return tensor(x.shape().first(2).concat(extents), o -> {
            float total = sum(
                    window,
                    t -> x.atOr(
                            0,
                            o.first(2)
                                    .concat(window.map(
                                            d -> o.get(2 + d) * strides[d] - pads[d] + t.get(d) * dilations[d]))));
            Index counts = window.map(d -> countIncludePad == 0
                    ? tapsWithin(o.get(2 + d) * strides[d] - pads[d], x.size(2 + d), window.get(d), dilations[d])
                    : tapsWithin(
                            o.get(2 + d) * strides[d],
                            x.size(2 + d) + pads[d] + pads[window.rank() + d],
                            window.get(d),
                            dilations[d]));
            return total / counts.product();
        });
    }

    /** The {@code p}-norm of each window. */
    @Kernel(op = "LpPool")
    public static Tensor lpPool(
            Tensor x, int[] kernelShape, int[] strides, int[] pads, int[] dilations, int ceilMode, int p) {
        Index window = Index.of(kernelShape);
        Index extents = window.map(d -> pooledExtent(
                x.size(2 + d), pads[d], pads[window.rank() + d], window.get(d), strides[d], dilations[d], ceilMode));
        return tensor(x.shape().first(2).concat(extents), o -> {
            float total = sum(
                    window,
                    t -> pow(
                            Math.abs(x.atOr(
                                    0,
                                    o.first(2)
                                            .concat(window.map(d ->
                                                    o.get(2 + d) * strides[d] - pads[d] + t.get(d) * dilations[d])))),
                            p));
            return pow(total, 1f / p);
        });
    }

    /** The mean of each map; returns [n, c, 1...]. */
    @Kernel(op = "GlobalAveragePool")
    @Example("x=1x2048x7x7")
    public static Tensor globalAveragePool(Tensor x) {
        Index map = x.shape().from(2);
        return tensor(
                x.shape().first(2).concat(map.map(d -> 1)),
                o -> sum(map, t -> x.at(o.first(2).concat(t))) / map.product());
    }

    /** The greatest element of each map; returns [n, c, 1...]. */
    @Kernel(op = "GlobalMaxPool")
    @Example("x=1x2048x7x7")
    public static Tensor globalMaxPool(Tensor x) {
        Index map = x.shape().from(2);
        return tensor(
                x.shape().first(2).concat(map.map(d -> 1)),
                o -> max(map, t -> x.at(o.first(2).concat(t))));
    }

    /** The {@code p}-norm of each map; returns [n, c, 1...]. */
    @Kernel(op = "GlobalLpPool")
    public static Tensor globalLpPool(Tensor x, int p) {
        Index map = x.shape().from(2);
        return tensor(
                x.shape().first(2).concat(map.map(d -> 1)),
                o -> pow(sum(map, t -> pow(Math.abs(x.at(o.first(2).concat(t))), p)), 1f / p));
    }

    /** The number of windows on an axis; one that would start in the padding at its end does not count. */
    private static int pooledExtent(int size, int begin, int end, int window, int stride, int dilation, int ceilMode) {
        int steps = size + begin + end - dilation * (window - 1) - 1;
        int withLast = (steps + stride - 1) / stride + 1;
        return ceilMode == 0 ? steps / stride + 1 : (withLast - 1) * stride >= size + begin ? withLast - 1 : withLast;
    }

    /** How many of a window's taps {@code start, start + dilation, ...} lie at 0 to {@code size - 1}. */
    private static int tapsWithin(int start, int size, int window, int dilation) {
        int first = Math.max(0, (dilation - 1 - start) / dilation);
        int last = Math.min(window - 1, Math.floorDiv(size - 1 - start, dilation));
        return last - first + 1;
    }
}

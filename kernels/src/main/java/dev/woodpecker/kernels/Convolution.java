package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Convolution (ONNX {@code Conv} and {@code ConvTranspose}). {@code strides} and {@code dilations} have one value a spatial
 * axis, {@code pads} the begins of all spatial axes and then the ends. See also {@link Winograd}.
 */
public final class Convolution {

    private Convolution() {}

    /** 2-D convolution. x: [n, c, h, w]; w: [k, c / group, r, s]; b: [k]; returns [n, k, p, q]. */
    @Kernel(op = "Conv", variant = "direct")
    @Example("x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    @Example("x=1x3x224x224 w=64x3x7x7 b=64 strides=2,2 pads=3,3,3,3 dilations=1,1 group=1")
    @Example("x=1x256x14x14 w=512x256x1x1 strides=2,2 pads=0,0,0,0 dilations=1,1 group=1")
    public static Tensor conv2d(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4);
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        int channels = w.size(1);
        int filters = w.size(0) / group;
        int p = (x.size(2) + pads[0] + pads[2] - dilations[0] * (w.size(2) - 1) - 1) / strides[0] + 1;
        int q = (x.size(3) + pads[1] + pads[3] - dilations[1] * (w.size(3) - 1) - 1) / strides[1] + 1;
        return tensor(
                x.size(0),
                w.size(0),
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + sum(
                                channels,
                                w.size(2),
                                w.size(3),
                                (c, r, s) -> x.atOr(
                                                0,
                                                n,
                                                k / filters * channels + c,
                                                i * strides[0] - pads[0] + r * dilations[0],
                                                j * strides[1] - pads[1] + s * dilations[1])
                                        * w.at(k, c, r, s)));
    }

    /** Depthwise 2-D convolution: each channel has filters of its own. w: [m * c, 1, r, s]; otherwise as {@link #conv2d}. */
    @Kernel(op = "Conv", variant = "depthwise")
    @Example("x=1x96x56x56 w=96x1x3x3 b=96 strides=1,1 pads=1,1,1,1 dilations=1,1 group=96")
    public static Tensor depthwise(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4);
        require(group == x.size(1) && w.size(1) == 1 && w.size(0) % group == 0);
        int filters = w.size(0) / group;
        int p = (x.size(2) + pads[0] + pads[2] - dilations[0] * (w.size(2) - 1) - 1) / strides[0] + 1;
        int q = (x.size(3) + pads[1] + pads[3] - dilations[1] * (w.size(3) - 1) - 1) / strides[1] + 1;
        return tensor(
                x.size(0),
                w.size(0),
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + sum(
                                w.size(2),
                                w.size(3),
                                (r, s) -> x.atOr(
                                                0,
                                                n,
                                                k / filters,
                                                i * strides[0] - pads[0] + r * dilations[0],
                                                j * strides[1] - pads[1] + s * dilations[1])
                                        * w.at(k, 0, r, s)));
    }

    /**
     * 2-D convolution as a matrix product with the patches of the input, which are laid out first. Shapes as in
     * {@link #conv2d}.
     */
    @Kernel(op = "Conv", variant = "im2col")
    @Example("x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    public static Tensor im2col(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4);
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        int channels = w.size(1);
        int filters = w.size(0) / group;
        int p = (x.size(2) + pads[0] + pads[2] - dilations[0] * (w.size(2) - 1) - 1) / strides[0] + 1;
        int q = (x.size(3) + pads[1] + pads[3] - dilations[1] * (w.size(3) - 1) - 1) / strides[1] + 1;
        Tensor patches = tensor(
                x.size(0),
                x.size(1),
                w.size(2),
                w.size(3),
                p,
                q,
                (n, c, r, s, i, j) -> x.atOr(
                        0,
                        n,
                        c,
                        i * strides[0] - pads[0] + r * dilations[0],
                        j * strides[1] - pads[1] + s * dilations[1]));
        return tensor(
                x.size(0),
                w.size(0),
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + sum(
                                channels,
                                w.size(2),
                                w.size(3),
                                (c, r, s) -> patches.at(n, k / filters * channels + c, r, s, i, j) * w.at(k, c, r, s)));
    }

    /** Convolution over any number of spatial axes. x: [n, c, d...]; w: [k, c / group, r...]; b: [k]; returns [n, k, p...]. */
    @Kernel(op = "Conv", variant = "anyRank")
    @Example("x=1x16x100 w=32x16x3 b=32 strides=1 pads=1,1 dilations=1 group=1")
    @Example("x=1x8x10x12x12 w=8x8x3x3x3 b=8 strides=1,1,1 pads=1,1,1,1,1,1 dilations=1,1,1 group=1")
    public static Tensor convolution(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() != 4 && x.rank() == w.rank());
        require(x.size(1) == w.size(1) * group && w.size(0) % group == 0);
        int channels = w.size(1);
        int filters = w.size(0) / group;
        Index window = w.shape().from(2);
        int spatial = window.rank();
        Index extents = window.map(
                d -> (x.size(2 + d) + pads[d] + pads[spatial + d] - dilations[d] * (window.get(d) - 1) - 1) / strides[d]
                        + 1);
        return tensor(
                Index.of(x.size(0), w.size(0)).concat(extents),
                o -> b.at(o.get(1))
                        + sum(w.shape().from(1), t -> {
                            int channel = o.get(1) / filters * channels + t.get(0);
                            Index position =
                                    window.map(d -> o.get(2 + d) * strides[d] - pads[d] + t.get(1 + d) * dilations[d]);
                            return x.atOr(0, Index.of(o.get(0), channel).concat(position))
                                    * w.at(Index.of(o.get(1)).concat(t));
                        }));
    }

    /**
     * Transposed convolution over any number of spatial axes: each output element gathers the inputs that reach it.
     * {@code outputPadding} has one value a spatial axis. x: [n, c, d...]; w: [c, k / group, r...]; b: [k]; returns
     * [n, k, p...] with {@code p = (d - 1) * stride + dilation * (r - 1) + 1 - pads + outputPadding}.
     */
    @Kernel(op = "ConvTranspose")
    @Example("x=1x16x14x14 w=16x8x4x4 b=8 strides=2,2 pads=1,1,1,1 dilations=1,1 group=1 outputPadding=0,0")
    public static Tensor transposed(
            Tensor x,
            Tensor w,
            @Absent Tensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            int[] outputPadding) {
        require(x.rank() == w.rank());
        require(x.size(1) == w.size(0) && x.size(1) % group == 0);
        int channels = x.size(1) / group;
        int filters = w.size(1);
        Index window = w.shape().from(2);
        int spatial = window.rank();
        Index extents = window.map(d -> (x.size(2 + d) - 1) * strides[d]
                + dilations[d] * (window.get(d) - 1)
                + 1
                - pads[d]
                - pads[spatial + d]
                + outputPadding[d]);
        return tensor(
                Index.of(x.size(0), filters * group).concat(extents),
                o -> b.at(o.get(1))
                        + sum(Index.of(channels).concat(window), t -> {
                            int channel = o.get(1) / filters * channels + t.get(0);
                            Index scaled = window.map(d -> o.get(2 + d) + pads[d] - t.get(1 + d) * dilations[d]);
                            Index position = window.map(d ->
                                    scaled.get(d) % strides[d] == 0 ? Math.floorDiv(scaled.get(d), strides[d]) : -1);
                            return x.atOr(0, Index.of(o.get(0), channel).concat(position))
                                    * w.at(Index.of(channel, o.get(1) % filters).concat(t.from(1)));
                        }));
    }

    /**
     * Transposed convolution without the products with zeros that {@link #transposed} has between the elements of its input:
     * result pixels whose places differ by multiples of the strides are one convolution of stride 1, with every so many of
     * the filter's points. All of these run as one convolution to {@code strides[0] * strides[1]} times the filters, whose
     * pixels are then put in their places (Shi et al., arXiv 1609.07009).
     */
    @Kernel(op = "ConvTranspose", variant = "phases")
    @Example("x=1x16x14x14 w=16x16x3x3 b=16 strides=2,2 pads=1,1,1,1 dilations=1,1 group=1 outputPadding=0,0")
    public static Tensor transposedByPhases(
            Tensor x,
            Tensor w,
            @Absent Tensor b,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            int[] outputPadding) {
        require(x.rank() == 4);
        require(x.size(1) == w.size(0));
        require(group == 1 && dilations[0] == 1 && dilations[1] == 1);
        require(strides[0] > 1 || strides[1] > 1);
        require(pads[0] >= 0 && pads[1] >= 0);
        int channels = x.size(1);
        int filters = w.size(1);
        int p = (x.size(2) - 1) * strides[0] + w.size(2) - pads[0] - pads[2] + outputPadding[0];
        int q = (x.size(3) - 1) * strides[1] + w.size(3) - pads[1] - pads[3] + outputPadding[1];
        int rows = (p - 1 + pads[0]) / strides[0] + 1;
        int columns = (q - 1 + pads[1]) / strides[1] + 1;
        int rowTaps = (w.size(2) + strides[0] - 1) / strides[0];
        int columnTaps = (w.size(3) + strides[1] - 1) / strides[1];
        int phases = strides[0] * strides[1];
        Tensor filter = tensor(
                channels,
                phases * filters,
                rowTaps,
                columnTaps,
                (c, k, r, s) -> w.atOr(
                        0,
                        c,
                        k % filters,
                        r * strides[0] + k / filters / strides[1],
                        s * strides[1] + k / filters % strides[1]));
        Tensor phase = tensor(
                x.size(0),
                phases * filters,
                rows,
                columns,
                (n, k, i, j) -> sum(
                        channels,
                        rowTaps,
                        columnTaps,
                        (c, r, s) -> x.atOr(0, n, c, i - r, j - s) * filter.at(c, k, r, s)));
        return tensor(
                x.size(0),
                filters,
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + phase.at(
                                n,
                                ((i + pads[0]) % strides[0] * strides[1] + (j + pads[1]) % strides[1]) * filters + k,
                                (i + pads[0]) / strides[0],
                                (j + pads[1]) / strides[1]));
    }
}

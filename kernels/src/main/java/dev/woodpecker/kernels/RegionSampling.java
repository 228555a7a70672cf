package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.ceil;
import static dev.woodpecker.dsl.Dsl.floor;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/** Detectors' operators, which sample maps between their elements, at places that inputs say. */
public final class RegionSampling {

    private RegionSampling() {}

    /**
     * Regions of x, each brought to one size: the mean of samples in each of its cells, {@code samplingRatio} an axis, or
     * where that is 0 about one an element. x: [n, c, h, w]; rois: [r, 4], the corners x1, y1, x2, y2, which {@code
     * spatialScale} brings to elements of x; batchIndices: [r]; returns [r, c, outputHeight, outputWidth].
     * {@code coordinateTransformationMode}: 0 {@code half_pixel}; 1 {@code output_half_pixel}, in which a region is at least
     * one element large. He et al., "Mask R-CNN" (2017). Regions larger than x take, where {@code samplingRatio} is 0, no
     * more samples than one as large as x.
     */
    @Kernel(op = "RoiAlign", variant = "mean")
    @Example("x=1x256x50x50 rois=100x4 batchIndices=100 coordinateTransformationMode=0 mode=0 outputHeight=7"
            + " outputWidth=7 samplingRatio=2 spatialScale=0.0625")
    public static Tensor meanOfRegions(
            Tensor x,
            Tensor rois,
            IntTensor batchIndices,
            int coordinateTransformationMode,
            int mode,
            int outputHeight,
            int outputWidth,
            int samplingRatio,
            float spatialScale) {
        require(mode == 0);
        int h = x.size(2);
        int w = x.size(3);
        int mostRows = samplingRatio > 0 ? samplingRatio : h / outputHeight + 1;
        int mostColumns = samplingRatio > 0 ? samplingRatio : w / outputWidth + 1;
        Tensor cells = cells(rois, coordinateTransformationMode, outputHeight, outputWidth, spatialScale);
        return tensor(rois.size(0), x.size(1), outputHeight, outputWidth, (r, c, i, j) -> {
            int n = (int) batchIndices.at(r);
            float rows = samples(cells.at(r, 1, 1), samplingRatio, mostRows);
            float columns = samples(cells.at(r, 0, 1), samplingRatio, mostColumns);
            float total = sum(mostRows, mostColumns, 2, 2, (p, q, s, t) -> {
                float row = cells.at(r, 1, 0) + (i + (p + 0.5f) / rows) * cells.at(r, 1, 1);
                float column = cells.at(r, 0, 0) + (j + (q + 0.5f) / columns) * cells.at(r, 0, 1);
                return p < rows && q < columns
                        ? x.at(n, c, tap(row, s, h), tap(column, t, w)) * weight(row, s, h) * weight(column, t, w)
                        : 0;
            });
            return total / (rows * columns);
        });
    }

    /** {@link #meanOfRegions} with the greatest of the elements that make up the samples, times their weights, for the mean. */
    @Kernel(op = "RoiAlign", variant = "greatest")
    @Example("x=1x256x50x50 rois=100x4 batchIndices=100 coordinateTransformationMode=0 mode=1 outputHeight=7"
            + " outputWidth=7 samplingRatio=2 spatialScale=0.0625")
    public static Tensor greatestOfRegions(
            Tensor x,
            Tensor rois,
            IntTensor batchIndices,
            int coordinateTransformationMode,
            int mode,
            int outputHeight,
            int outputWidth,
            int samplingRatio,
            float spatialScale) {
        require(mode == 1);
        int h = x.size(2);
        int w = x.size(3);
        int mostRows = samplingRatio > 0 ? samplingRatio : h / outputHeight + 1;
        int mostColumns = samplingRatio > 0 ? samplingRatio : w / outputWidth + 1;
        Tensor cells = cells(rois, coordinateTransformationMode, outputHeight, outputWidth, spatialScale);
        return tensor(rois.size(0), x.size(1), outputHeight, outputWidth, (r, c, i, j) -> {
            int n = (int) batchIndices.at(r);
            float rows = samples(cells.at(r, 1, 1), samplingRatio, mostRows);
            float columns = samples(cells.at(r, 0, 1), samplingRatio, mostColumns);
            return max(mostRows, mostColumns, 2, 2, (p, q, s, t) -> {
                float row = cells.at(r, 1, 0) + (i + (p + 0.5f) / rows) * cells.at(r, 1, 1);
                float column = cells.at(r, 0, 0) + (j + (q + 0.5f) / columns) * cells.at(r, 0, 1);
                return p < rows && q < columns
                        ? x.at(n, c, tap(row, s, h), tap(column, t, w)) * weight(row, s, h) * weight(column, t, w)
                        : Float.NEGATIVE_INFINITY;
            });
        });
    }

    /**
     * 2-D convolution whose taps are moved. x: [n, c, h, w], zeros around it; w: [k, c / group, r, s]; offset: [n,
     * offsetGroup * r * s * 2, p, q], for each tap down and to the right, in elements; b: [k]; mask: [n, offsetGroup * r *
     * s, p, q], a factor for each tap; returns [n, k, p, q]. Zhu et al., "Deformable ConvNets v2" (2019).
     */
    @Kernel(op = "DeformConv")
    @Example("x=1x16x14x14 w=32x16x3x3 offset=1x18x14x14 b=32 mask=1x9x14x14 strides=1,1 pads=1,1,1,1 dilations=1,1"
            + " group=1 offsetGroup=1")
    public static Tensor deformable(
            Tensor x,
            Tensor w,
            Tensor offset,
            @Absent Tensor b,
            @Absent(1) Tensor mask,
            int[] strides,
            int[] pads,
            int[] dilations,
            int group,
            int offsetGroup) {
        require(x.rank() == 4);
        int window = w.size(2) * w.size(3);
        int together = x.size(1) / offsetGroup;
        int channels = w.size(1);
        int filters = w.size(0) / group;
        Tensor taps = tensor(
                x.size(0), x.size(1), w.size(2), w.size(3), offset.size(2), offset.size(3), (n, c, r, s, i, j) -> {
                    int tap = c / together * window + r * w.size(3) + s;
                    float row = i * strides[0] - pads[0] + r * dilations[0] + offset.at(n, 2 * tap, i, j);
                    float column = j * strides[1] - pads[1] + s * dilations[1] + offset.at(n, 2 * tap + 1, i, j);
                    int top = (int) floor(row);
                    int left = (int) floor(column);
                    float sample = sum(
                            2,
                            2,
                            (u, v) -> x.atOr(0, n, c, top + u, left + v)
                                    * (1 - Math.abs(row - (top + u)))
                                    * (1 - Math.abs(column - (left + v))));
                    return sample * mask.at(n, tap, i, j);
                });
        return tensor(
                x.size(0),
                w.size(0),
                offset.size(2),
                offset.size(3),
                (n, k, i, j) -> b.at(k)
                        + sum(
                                channels,
                                w.size(2),
                                w.size(3),
                                (c, r, s) -> taps.at(n, k / filters * channels + c, r, s, i, j) * w.at(k, c, r, s)));
    }

    /** [r, 2, 2]: for each region and axis, w before h, where its first cell begins and how long cells are. */
    private static Tensor cells(Tensor rois, int coordinateTransformationMode, int rows, int columns, float scale) {
        float shift = coordinateTransformationMode == 0 ? 0.5f : 0;
        return tensor(rois.size(0), 2, 2, (r, a, what) -> {
            float start = rois.at(r, a) * scale - shift;
            float length = rois.at(r, a + 2) * scale - shift - start;
            float whole = coordinateTransformationMode == 0 ? length : Math.max(1, length);
            return what == 0 ? start : whole / (a == 0 ? columns : rows);
        });
    }

    /** How many samples a cell has on an axis. */
    private static float samples(float length, int samplingRatio, int most) {
        return samplingRatio > 0 ? samplingRatio : Math.max(1, Math.min(most, ceil(length)));
    }

    /** The element before ({@code side} 0) a position or after it; what is just outside the axis is at its end. */
    private static int tap(float position, int side, int size) {
        return Math.max(0, Math.min(size - 1, (int) floor(Math.max(0, position)) + side));
    }

    /** The weight of {@link #tap}: 0 where the position is more than an element outside. */
    private static float weight(float position, int side, int size) {
        float inside = Math.max(0, Math.min(size - 1, position));
        float fraction = inside - floor(inside);
        return position < -1 || position > size ? 0 : side == 0 ? 1 - fraction : fraction;
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.ceil;
import static dev.woodpecker.dsl.Dsl.floor;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Resampling to another size (ONNX {@code Resize}; {@code Upsample} is its case {@code asymmetric}, {@code floor}).
 *
 * <p>{@code sizes} and {@code scales} have one value for every axis, both given whichever of them the model has:
 * {@code sizes[a]} is the result's extent, {@code scales[a]} the factor that positions are divided by. {@code mode}: 0
 * {@code nearest}, 1 {@code linear}, 2 {@code cubic}. {@code coordinateTransformationMode}: 0 {@code half_pixel}, 1
 * {@code half_pixel_symmetric}, 2 {@code pytorch_half_pixel}, 3 {@code align_corners}, 4 {@code asymmetric}.
 */
public final class Resizing {

    private Resizing() {}

    /**
     * Each element is its nearest, of a tensor of any rank; {@code nearestMode}: 0 {@code round_prefer_floor}, 1
     * {@code round_prefer_ceil}, 2 {@code floor}, 3 {@code ceil}.
     */
    @Kernel(op = "Resize", variant = "nearest")
    @Example("x=1x128x13x13 sizes=1,128,26,26 scales=1,1,2,2 mode=0 coordinateTransformationMode=4 nearestMode=2")
    public static Tensor nearest(
            Tensor x, int[] sizes, float[] scales, int mode, int coordinateTransformationMode, int nearestMode) {
        require(mode == 0);
        return tensor(
                Index.of(sizes),
                i -> x.at(i.map(a -> nearestIndex(
                        i.get(a), x.size(a), sizes[a], scales[a], coordinateTransformationMode, nearestMode))));
    }

    /** Without rounding where each element is repeated equally often: the index is then one of the result's own. */
    private static int nearestIndex(int i, int extent, int size, float scale, int transformation, int nearestMode) {
        int times = size / Math.max(1, extent);
        boolean repeated = times >= 1 && times * extent == size && scale == times;
        boolean plain = times == 1 || transformation < 3 && nearestMode < 2 || transformation == 4 && nearestMode == 2;
        return repeated && plain
                ? i / Math.max(1, times)
                : held(nearestPosition(coordinate(i, extent, size, scale, transformation), nearestMode), extent);
    }

    /** Linear interpolation over the last axis. x: [n, c, w]; returns [n, c, q]. */
    @Kernel(op = "Resize", variant = "linear1d")
    public static Tensor linear1d(Tensor x, int[] sizes, float[] scales, int mode, int coordinateTransformationMode) {
        require(mode == 1 && x.rank() == 3 && sizes[0] == x.size(0) && sizes[1] == x.size(1));
        int w = x.size(2);
        return tensor(x.size(0), x.size(1), sizes[2], (n, c, j) -> {
            float column = coordinate(j, w, sizes[2], scales[2], coordinateTransformationMode);
            return sum(2, s -> x.at(n, c, held((int) floor(column) + s, w)) * linear(column, (int) floor(column) + s));
        });
    }

    /** Bilinear interpolation over the last two axes. x: [n, c, h, w]; returns [n, c, p, q]. */
    @Kernel(op = "Resize", variant = "linear")
    @Example("x=1x64x32x32 sizes=1,64,64,64 scales=1,1,2,2 mode=1 coordinateTransformationMode=0")
    public static Tensor linear(Tensor x, int[] sizes, float[] scales, int mode, int coordinateTransformationMode) {
        require(mode == 1 && x.rank() == 4 && sizes[0] == x.size(0) && sizes[1] == x.size(1));
        int h = x.size(2);
        int w = x.size(3);
        return tensor(x.size(0), x.size(1), sizes[2], sizes[3], (n, c, i, j) -> {
            float row = coordinate(i, h, sizes[2], scales[2], coordinateTransformationMode);
            float column = coordinate(j, w, sizes[3], scales[3], coordinateTransformationMode);
            int top = (int) floor(row);
            int left = (int) floor(column);
            return sum(
                    2,
                    2,
                    (r, s) -> x.at(n, c, held(top + r, h), held(left + s, w))
                            * linear(row, top + r)
                            * linear(column, left + s));
        });
    }

    /**
     * Bicubic interpolation over the last two axes by Keys' kernel with parameter {@code cubicCoeffA}; with
     * {@code excludeOutside} 1 the weights of taps outside x are shared out among those inside. x: [n, c, h, w]; returns
     * [n, c, p, q].
     */
    @Kernel(op = "Resize", variant = "cubic")
    @Example("x=1x8x16x16 sizes=1,8,32,32 scales=1,1,2,2 mode=2 coordinateTransformationMode=0 cubicCoeffA=-0.75"
            + " excludeOutside=0")
    public static Tensor cubic(
            Tensor x,
            int[] sizes,
            float[] scales,
            int mode,
            int coordinateTransformationMode,
            float cubicCoeffA,
            int excludeOutside) {
        require(mode == 2 && x.rank() == 4 && sizes[0] == x.size(0) && sizes[1] == x.size(1));
        int h = x.size(2);
        int w = x.size(3);
        Tensor rowWeights = tensor(sizes[2], 4, (i, r) -> {
            float row = coordinate(i, h, sizes[2], scales[2], coordinateTransformationMode);
            int tap = (int) floor(row) - 1 + r;
            return excludeOutside != 0 && (tap < 0 || tap >= h) ? 0 : cubic(Math.abs(row - tap), cubicCoeffA);
        });
        Tensor columnWeights = tensor(sizes[3], 4, (j, s) -> {
            float column = coordinate(j, w, sizes[3], scales[3], coordinateTransformationMode);
            int tap = (int) floor(column) - 1 + s;
            return excludeOutside != 0 && (tap < 0 || tap >= w) ? 0 : cubic(Math.abs(column - tap), cubicCoeffA);
        });
        return tensor(x.size(0), x.size(1), sizes[2], sizes[3], (n, c, i, j) -> {
            int top = (int) floor(coordinate(i, h, sizes[2], scales[2], coordinateTransformationMode)) - 1;
            int left = (int) floor(coordinate(j, w, sizes[3], scales[3], coordinateTransformationMode)) - 1;
            float total = sum(
                    4,
                    4,
                    (r, s) -> x.at(n, c, held(top + r, h), held(left + s, w))
                            * rowWeights.at(i, r)
                            * columnWeights.at(j, s));
            float weight = sum(4, r -> rowWeights.at(i, r)) * sum(4, s -> columnWeights.at(j, s));
            return excludeOutside == 0 ? total : total / weight;
        });
    }

    /**
     * Linear or cubic interpolation over the last two axes with {@code antialias} 1: where x shrinks, taps are spread as far
     * as the scale says, so that every element counts. x: [n, c, h, w]; returns [n, c, p, q].
     */
    @Kernel(op = "Resize", variant = "antialiased")
    @Example("x=1x8x32x32 sizes=1,8,16,16 scales=1,1,0.5,0.5 mode=2 coordinateTransformationMode=0"
            + " cubicCoeffA=-0.75 excludeOutside=0 antialias=1")
    public static Tensor antialiased(
            Tensor x,
            int[] sizes,
            float[] scales,
            int mode,
            int coordinateTransformationMode,
            float cubicCoeffA,
            int excludeOutside,
            int antialias) {
        require(mode != 0 && antialias != 0 && x.rank() == 4 && sizes[0] == x.size(0) && sizes[1] == x.size(1));
        int h = x.size(2);
        int w = x.size(3);
        float heightScale = Math.min(1, scales[2]);
        float widthScale = Math.min(1, scales[3]);
        int below = (int) ceil(mode / heightScale);
        int right = (int) ceil(mode / widthScale);
        Tensor rowWeights = tensor(sizes[2], 2 * below, (i, r) -> {
            float row = coordinate(i, h, sizes[2], scales[2], coordinateTransformationMode);
            int tap = (int) floor(row) + 1 - below + r;
            float distance = Math.abs(row - tap) * heightScale;
            return excludeOutside != 0 && (tap < 0 || tap >= h) ? 0 : spread(distance, mode, cubicCoeffA);
        });
        Tensor columnWeights = tensor(sizes[3], 2 * right, (j, s) -> {
            float column = coordinate(j, w, sizes[3], scales[3], coordinateTransformationMode);
            int tap = (int) floor(column) + 1 - right + s;
            float distance = Math.abs(column - tap) * widthScale;
            return excludeOutside != 0 && (tap < 0 || tap >= w) ? 0 : spread(distance, mode, cubicCoeffA);
        });
        return tensor(x.size(0), x.size(1), sizes[2], sizes[3], (n, c, i, j) -> {
            int top = (int) floor(coordinate(i, h, sizes[2], scales[2], coordinateTransformationMode)) + 1 - below;
            int left = (int) floor(coordinate(j, w, sizes[3], scales[3], coordinateTransformationMode)) + 1 - right;
            float total = sum(
                    2 * below,
                    2 * right,
                    (r, s) -> x.at(n, c, held(top + r, h), held(left + s, w))
                            * rowWeights.at(i, r)
                            * columnWeights.at(j, s));
            return total / (sum(2 * below, r -> rowWeights.at(i, r)) * sum(2 * right, s -> columnWeights.at(j, s)));
        });
    }

    /**
     * One axis of a tensor of any rank, each element the nearest. {@code start} and {@code end} are the part of the axis that
     * is resized where {@code coordinateTransformationMode} is 5 {@code tf_crop_and_resize}, as shares of it; positions
     * beyond the axis are then {@code extrapolationValue}.
     */
    @Kernel(op = "dev.woodpecker::ResizeAxis", variant = "nearest")
    public static Tensor nearestAlong(
            Tensor x,
            int axis,
            int size,
            float scale,
            int mode,
            int coordinateTransformationMode,
            int nearestMode,
            float start,
            float end,
            float extrapolationValue) {
        require(mode == 0);
        int n = x.size(axis);
        return tensor(x.shape().with(axis, size), i -> {
            float at = position(i.get(axis), n, size, scale, coordinateTransformationMode, start, end);
            return coordinateTransformationMode == 5 && (at < 0 || at > n - 1)
                    ? extrapolationValue
                    : x.at(i.with(axis, held(nearestPosition(at, nearestMode), n)));
        });
    }

    /** As {@link #nearestAlong}, by linear or cubic interpolation: axis after axis interpolates over any of them. */
    @Kernel(op = "dev.woodpecker::ResizeAxis", variant = "interpolated")
    @Example("x=1x16x16x8 axis=1 size=32 scale=2 mode=1 coordinateTransformationMode=0 start=0 end=1"
            + " extrapolationValue=0 cubicCoeffA=-0.75 excludeOutside=0")
    public static Tensor interpolatedAlong(
            Tensor x,
            int axis,
            int size,
            float scale,
            int mode,
            int coordinateTransformationMode,
            float start,
            float end,
            float extrapolationValue,
            float cubicCoeffA,
            int excludeOutside) {
        require(mode != 0);
        int n = x.size(axis);
        int taps = 2 * mode;
        Tensor weights = tensor(size, taps, (i, t) -> {
            float at = position(i, n, size, scale, coordinateTransformationMode, start, end);
            int tap = (int) floor(at) + 1 - mode + t;
            return excludeOutside != 0 && (tap < 0 || tap >= n) ? 0 : spread(Math.abs(at - tap), mode, cubicCoeffA);
        });
        return tensor(x.shape().with(axis, size), i -> {
            int own = i.get(axis);
            float at = position(own, n, size, scale, coordinateTransformationMode, start, end);
            int first = (int) floor(at) + 1 - mode;
            float total = sum(taps, t -> x.at(i.with(axis, held(first + t, n))) * weights.at(own, t));
            float weight = excludeOutside == 0 ? 1 : sum(taps, t -> weights.at(own, t));
            return coordinateTransformationMode == 5 && (at < 0 || at > n - 1) ? extrapolationValue : total / weight;
        });
    }

    /** {@link #coordinate}, or in a part of the axis the position at the same share of it. */
    private static float position(
            int i, int size, int resized, float scale, int transformation, float start, float end) {
        return transformation != 5
                ? coordinate(i, size, resized, scale, transformation)
                : resized > 1
                        ? start * (size - 1) + i * (end - start) * (size - 1) / (resized - 1)
                        : 0.5f * (start + end) * (size - 1);
    }

    /** Where in an axis of extent {@code size} the position {@code i} of the resized axis comes from. */
    private static float coordinate(int i, int size, int resized, float scale, int transformation) {
        float halfPixel = (i + 0.5f) / scale - 0.5f;
        float exactExtent = scale * size;
        float symmetric = halfPixel + size / 2f * (1 - resized / exactExtent);
        float alignedCorners = resized == 1 ? 0 : i * (size - 1f) / (exactExtent - 1);
        return transformation == 0
                ? halfPixel
                : transformation == 1
                        ? symmetric
                        : transformation == 2
                                ? (resized > 1 ? halfPixel : 0)
                                : transformation == 3 ? alignedCorners : i / scale;
    }

    private static int nearestPosition(float coordinate, int nearestMode) {
        return (int)
                (nearestMode == 0
                        ? ceil(coordinate - 0.5f)
                        : nearestMode == 1
                                ? floor(coordinate + 0.5f)
                                : nearestMode == 2 ? floor(coordinate) : ceil(coordinate));
    }

    /** The nearest position inside an axis of extent {@code size}. */
    private static int held(int position, int size) {
        return Math.max(0, Math.min(size - 1, position));
    }

    /** The weight of a tap that is less than 1 from the coordinate. */
    private static float linear(float coordinate, int tap) {
        return 1 - Math.abs(coordinate - tap);
    }

    /** The weight of a tap at this distance, which {@code mode} is the farthest of. */
    private static float spread(float distance, int mode, float a) {
        return mode == 1 ? Math.max(0, 1 - distance) : cubic(distance, a);
    }

    /** Keys' cubic convolution kernel, "Cubic convolution interpolation for digital image processing" (1981). */
    private static float cubic(float distance, float a) {
        float inner = ((a + 2) * distance - (a + 3)) * distance * distance + 1;
        float outer = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
        return distance <= 1 ? inner : distance < 2 ? outer : 0;
    }
}

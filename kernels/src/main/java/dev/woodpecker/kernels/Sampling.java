package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.floor;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.round;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Elements of maps at positions that an input says (ONNX {@code GridSample}). x: [n, c, d...]; grid: [n, p..., k] with one
 * position for each of the k spatial axes, the last axis first, from -1 to 1 over the extent: with {@code alignCorners} 1
 * between the centres of the outermost elements, else between their outer edges. Returns [n, c, p...].
 *
 * <p>{@code mode}: 0 {@code nearest}, 1 {@code linear}, 2 {@code cubic}. {@code paddingMode}, what is outside x: 0
 * {@code zeros}, 1 {@code border}, the element nearest, 2 {@code reflection} at the positions -1 and 1.
 */
public final class Sampling {

    /** The parameter of Keys' kernel; fixed by ONNX. */
    private static final float CUBIC_COEFFICIENT = -0.75f;

    private Sampling() {}

    /**
     * Where a grid's points come to lie by an affine map. theta: [n, 2, 3]; size: the extents [n, c, h, w] of what will be
     * sampled; returns [n, h, w, 2], positions from -1 to 1 with the last axis first.
     */
    @Kernel(op = "AffineGrid", variant = "2d")
    @Example("theta=1x2x3 size=1,3,32,32 alignCorners=0")
    public static Tensor affineGrid2d(Tensor theta, int[] size, int alignCorners) {
        require(theta.size(1) == 2);
        return tensor(
                theta.size(0),
                size[2],
                size[3],
                2,
                (n, i, j, k) -> theta.at(n, k, 0) * gridPosition(j, size[3], alignCorners)
                        + theta.at(n, k, 1) * gridPosition(i, size[2], alignCorners)
                        + theta.at(n, k, 2));
    }

    /** As {@link #affineGrid2d} with one axis more. theta: [n, 3, 4]; size: [n, c, d, h, w]; returns [n, d, h, w, 3]. */
    @Kernel(op = "AffineGrid", variant = "3d")
    public static Tensor affineGrid3d(Tensor theta, int[] size, int alignCorners) {
        require(theta.size(1) == 3);
        return tensor(
                theta.size(0),
                size[2],
                size[3],
                size[4],
                3,
                (n, d, i, j, k) -> theta.at(n, k, 0) * gridPosition(j, size[4], alignCorners)
                        + theta.at(n, k, 1) * gridPosition(i, size[3], alignCorners)
                        + theta.at(n, k, 2) * gridPosition(d, size[2], alignCorners)
                        + theta.at(n, k, 3));
    }

    /** The position from -1 to 1 of an element's centre, or with {@code alignCorners} of points from end to end. */
    private static float gridPosition(int i, int size, int alignCorners) {
        return alignCorners != 0 ? (size == 1 ? -1 : -1 + 2f * i / (size - 1)) : (2f * i + 1) / size - 1;
    }

    /** The nearest element; of two equally near, the one at the even index. */
    @Kernel(op = "GridSample", variant = "nearest")
    @Example("x=1x8x16x16 grid=1x32x32x2 mode=0 paddingMode=0 alignCorners=0")
    public static Tensor nearest(Tensor x, Tensor grid, int mode, int paddingMode, int alignCorners) {
        require(mode == 0);
        Index map = x.shape().from(2);
        int spatial = map.rank();
        Tensor position = positions(x, grid, paddingMode, alignCorners);
        return tensor(x.shape().first(2).concat(grid.shape().from(1).first(spatial)), o -> {
            Index at = Index.of(o.get(0)).concat(o.from(2));
            return x.atOr(
                    0,
                    o.first(2)
                            .concat(map.map(d -> tap(
                                    (int) round(position.at(at.concat(Index.of(spatial - 1 - d)))),
                                    map.get(d),
                                    paddingMode,
                                    alignCorners))));
        });
    }

    /** Bilinear interpolation. x: [n, c, h, w]; grid: [n, p, q, 2]; returns [n, c, p, q]. */
    @Kernel(op = "GridSample", variant = "linear")
    @Example("x=1x32x64x64 grid=1x64x64x2 mode=1 paddingMode=0 alignCorners=0")
    public static Tensor linear(Tensor x, Tensor grid, int mode, int paddingMode, int alignCorners) {
        require(mode == 1 && x.rank() == 4);
        Tensor position = positions(x, grid, paddingMode, alignCorners);
        return tensor(x.size(0), x.size(1), grid.size(1), grid.size(2), (n, c, i, j) -> {
            float row = position.at(n, i, j, 1);
            float column = position.at(n, i, j, 0);
            return sum(2, 2, (r, s) -> {
                int top = (int) floor(row) + r;
                int left = (int) floor(column) + s;
                return x.atOr(
                                0,
                                n,
                                c,
                                tap(top, x.size(2), paddingMode, alignCorners),
                                tap(left, x.size(3), paddingMode, alignCorners))
                        * hat(row - top)
                        * hat(column - left);
            });
        });
    }

    /** Trilinear interpolation. x: [n, c, d, h, w]; grid: [n, m, p, q, 3]; returns [n, c, m, p, q]. */
    @Kernel(op = "GridSample", variant = "linear3d")
    @Example("x=1x4x8x16x16 grid=1x8x16x16x3 mode=1 paddingMode=0 alignCorners=0")
    public static Tensor linear3d(Tensor x, Tensor grid, int mode, int paddingMode, int alignCorners) {
        require(mode == 1 && x.rank() == 5);
        Tensor position = positions(x, grid, paddingMode, alignCorners);
        return tensor(x.size(0), x.size(1), grid.size(1), grid.size(2), grid.size(3), (n, c, m, i, j) -> {
            float layer = position.at(n, m, i, j, 2);
            float row = position.at(n, m, i, j, 1);
            float column = position.at(n, m, i, j, 0);
            return sum(2, 2, 2, (q, r, s) -> {
                int front = (int) floor(layer) + q;
                int top = (int) floor(row) + r;
                int left = (int) floor(column) + s;
                return x.atOr(
                                0,
                                n,
                                c,
                                tap(front, x.size(2), paddingMode, alignCorners),
                                tap(top, x.size(3), paddingMode, alignCorners),
                                tap(left, x.size(4), paddingMode, alignCorners))
                        * hat(layer - front)
                        * hat(row - top)
                        * hat(column - left);
            });
        });
    }

    /** Bicubic interpolation. x: [n, c, h, w]; grid: [n, p, q, 2]; returns [n, c, p, q]. */
    @Kernel(op = "GridSample", variant = "cubic")
    @Example("x=1x8x16x16 grid=1x32x32x2 mode=2 paddingMode=0 alignCorners=0")
    public static Tensor cubic(Tensor x, Tensor grid, int mode, int paddingMode, int alignCorners) {
        require(mode == 2 && x.rank() == 4);
        Tensor position = positions(x, grid, paddingMode, alignCorners);
        return tensor(x.size(0), x.size(1), grid.size(1), grid.size(2), (n, c, i, j) -> {
            float row = position.at(n, i, j, 1);
            float column = position.at(n, i, j, 0);
            return sum(4, 4, (r, s) -> {
                int top = (int) floor(row) - 1 + r;
                int left = (int) floor(column) - 1 + s;
                return x.atOr(
                                0,
                                n,
                                c,
                                tap(top, x.size(2), paddingMode, alignCorners),
                                tap(left, x.size(3), paddingMode, alignCorners))
                        * keys(Math.abs(row - top))
                        * keys(Math.abs(column - left));
            });
        });
    }

    /** grid in elements of x; where {@code paddingMode} says so, what is beyond the border of x is its outermost element. */
    private static Tensor positions(Tensor x, Tensor grid, int paddingMode, int alignCorners) {
        int last = grid.rank() - 1;
        return tensor(grid.shape(), i -> {
            float extent =
                    i.get(last) == 0 ? x.size(x.rank() - 1) : i.get(last) == 1 ? x.size(x.rank() - 2) : x.size(2);
            float position =
                    alignCorners == 0 ? ((grid.at(i) + 1) * extent - 1) / 2 : (grid.at(i) + 1) / 2 * (extent - 1);
            boolean outside = Math.abs(grid.at(i)) > 1;
            return paddingMode == 1 && outside ? Math.max(0, Math.min(extent - 1, position)) : position;
        });
    }

    /** The element that stands for the one at {@code i} of an axis of {@code size} elements. */
    private static int tap(int i, int size, int paddingMode, int alignCorners) {
        int period = alignCorners == 0 ? 2 * size : Math.max(1, 2 * size - 2);
        int phase = Math.floorMod(i, period);
        int mirrored = alignCorners == 0 ? period - 1 - phase : period - phase;
        return paddingMode == 0
                ? i
                : paddingMode == 1 ? Math.max(0, Math.min(size - 1, i)) : phase < size ? phase : mirrored;
    }

    /** The weight of a tap at this distance, which is less than 1. */
    private static float hat(float distance) {
        return 1 - Math.abs(distance);
    }

    /** Keys' cubic convolution kernel, "Cubic convolution interpolation for digital image processing" (1981). */
    private static float keys(float distance) {
        float a = CUBIC_COEFFICIENT;
        float inner = ((a + 2) * distance - (a + 3)) * distance * distance + 1;
        float outer = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
        return distance <= 1 ? inner : distance < 2 ? outer : 0;
    }
}

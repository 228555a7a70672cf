package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * 3x3 convolution by Winograd's minimal filtering (Lavin and Gray, arXiv 1509.09308): tiles of the input and the filters
 * are transformed, multiplied element by element and summed over the channels, and transformed back. The filters'
 * transform depends on weights alone.
 *
 * <p>The matrices are those of Toom and Cook for the points 0, 1, -1 and infinity, with 1/2 and -2 for the larger tile:
 * these make the transforms of input and output exact in binary, and the error two to three times smaller than 2 and -2 do.
 * An infinity or NaN in the input may spread over its tile.
 */
public final class Winograd {

    private static final float[][] INPUT_2 = {{-1, 0, 1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}};
    private static final float[][] FILTER_2 = {{-1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
    private static final float[][] OUTPUT_2 = {{1, 1, 1, 0}, {0, 1, -1, 1}};

    private static final float[][] INPUT_4 = {
        {1, -1.5f, -2, 1.5f, 1, 0},
        {0, -1, 0.5f, 2.5f, 1, 0},
        {0, 1, -2.5f, 0.5f, 1, 0},
        {0, -2, -1, 2, 1, 0},
        {0, 0.5f, -1, -0.5f, 1, 0},
        {0, 1, -1.5f, -2, 1.5f, 1}
    };

    /** Rows 1 to 4 are thirds and fifteenths: 1/3; 1/3; 16/15, 8/15, 4/15; 1/15, 2/15, 4/15. */
    private static final float[][] FILTER_4 = {
        {1, 0, 0},
        {0.33333334f, 0.33333334f, 0.33333334f},
        {-0.33333334f, 0.33333334f, -0.33333334f},
        {-1.0666667f, -0.53333336f, -0.26666668f},
        {0.06666667f, -0.13333334f, 0.26666668f},
        {0, 0, 1}
    };

    private static final float[][] OUTPUT_4 = {
        {1, 1, 1, 1, 1, 0},
        {0, 1, -1, 0.5f, -2, 0},
        {0, 1, 1, 0.25f, 4, 0},
        {0, 1, -1, 0.125f, -8, 1}
    };

    private Winograd() {}

    /** F(2x2, 3x3). x: [n, c, h, w]; w: [k, c, 3, 3]; b: [k]; returns [n, k, p, q]. */
    @Kernel(op = "Conv", variant = "winograd2")
    @Example("x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    public static Tensor tilesOf2(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4 && x.size(1) == w.size(1));
        require(w.size(2) == 3 && w.size(3) == 3 && group == 1);
        require(strides[0] == 1 && strides[1] == 1 && dilations[0] == 1 && dilations[1] == 1);
        return filtered(2, INPUT_2, FILTER_2, OUTPUT_2, x, w, b, pads);
    }

    /** F(4x4, 3x3). x: [n, c, h, w]; w: [k, c, 3, 3]; b: [k]; returns [n, k, p, q]. */
    @Kernel(op = "Conv", variant = "winograd4")
    @Example("x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    public static Tensor tilesOf4(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4 && x.size(1) == w.size(1));
        require(w.size(2) == 3 && w.size(3) == 3 && group == 1);
        require(strides[0] == 1 && strides[1] == 1 && dilations[0] == 1 && dilations[1] == 1);
        return filtered(4, INPUT_4, FILTER_4, OUTPUT_4, x, w, b, pads);
    }

    /** @param size of a tile's side; {@code inputs} and the other matrices have {@code size + 2} points */
    private static Tensor filtered(
            int size,
            float[][] inputs,
            float[][] filters,
            float[][] outputs,
            Tensor x,
            Tensor w,
            Tensor b,
            int[] pads) {
        int points = size + 2;
        int batch = x.size(0);
        int channels = x.size(1);
        int maps = w.size(0);
        int p = x.size(2) + pads[0] + pads[2] - 2;
        int q = x.size(3) + pads[1] + pads[3] - 2;
        int rows = (p + size - 1) / size;
        int columns = (q + size - 1) / size;
        Tensor filterRows =
                tensor(points, 3, maps, channels, (a, s, k, c) -> sum(3, r -> filters[a][r] * w.at(k, c, r, s)));
        Tensor filter = tensor(
                points, points, maps, channels, (a, e, k, c) -> sum(3, s -> filters[e][s] * filterRows.at(a, s, k, c)));
        Tensor inputRows = tensor(
                points,
                points,
                channels,
                batch,
                rows,
                columns,
                (a, s, c, n, i, j) -> sum(
                        points, r -> inputs[a][r] * x.atOr(0, n, c, size * i + r - pads[0], size * j + s - pads[1])));
        Tensor input = tensor(
                points,
                points,
                channels,
                batch,
                rows,
                columns,
                (a, e, c, n, i, j) -> sum(points, s -> inputs[e][s] * inputRows.at(a, s, c, n, i, j)));
        Tensor product = tensor(
                points,
                points,
                maps,
                batch,
                rows,
                columns,
                (a, e, k, n, i, j) -> sum(channels, c -> input.at(a, e, c, n, i, j) * filter.at(a, e, k, c)));
        Tensor outputRows = tensor(
                size,
                points,
                maps,
                batch,
                rows,
                columns,
                (u, e, k, n, i, j) -> sum(points, a -> outputs[u][a] * product.at(a, e, k, n, i, j)));
        return tensor(
                batch,
                maps,
                p,
                q,
                (n, k, i, j) -> b.at(k)
                        + sum(
                                points,
                                e -> outputs[j % size][e] * outputRows.at(i % size, e, k, n, i / size, j / size)));
    }
}

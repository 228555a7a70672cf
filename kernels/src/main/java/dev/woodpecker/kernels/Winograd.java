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
        int batch = x.size(0);
        int channels = x.size(1);
        int filters = w.size(0);
        int p = x.size(2) + pads[0] + pads[2] - 2;
        int q = x.size(3) + pads[1] + pads[3] - 2;
        int rows = (p + 1) / 2;
        int columns = (q + 1) / 2;
        Tensor filterRows =
                tensor(4, 3, filters, channels, (a, s, k, c) -> sum(3, r -> FILTER_2[a][r] * w.at(k, c, r, s)));
        Tensor filter = tensor(
                4, 4, filters, channels, (a, e, k, c) -> sum(3, s -> FILTER_2[e][s] * filterRows.at(a, s, k, c)));
        Tensor inputRows = tensor(
                4,
                4,
                channels,
                batch,
                rows,
                columns,
                (a, s, c, n, i, j) ->
                        sum(4, r -> INPUT_2[a][r] * x.atOr(0, n, c, 2 * i + r - pads[0], 2 * j + s - pads[1])));
        Tensor input = tensor(
                4,
                4,
                channels,
                batch,
                rows,
                columns,
                (a, e, c, n, i, j) -> sum(4, s -> INPUT_2[e][s] * inputRows.at(a, s, c, n, i, j)));
        Tensor product = tensor(
                4,
                4,
                filters,
                batch,
                rows,
                columns,
                (a, e, k, n, i, j) -> sum(channels, c -> input.at(a, e, c, n, i, j) * filter.at(a, e, k, c)));
        Tensor outputRows = tensor(
                2,
                4,
                filters,
                batch,
                rows,
                columns,
                (u, e, k, n, i, j) -> sum(4, a -> OUTPUT_2[u][a] * product.at(a, e, k, n, i, j)));
        return tensor(
                batch,
                filters,
                p,
                q,
                (n, k, i, j) ->
                        b.at(k) + sum(4, e -> OUTPUT_2[j % 2][e] * outputRows.at(i % 2, e, k, n, i / 2, j / 2)));
    }

    /** F(4x4, 3x3). x: [n, c, h, w]; w: [k, c, 3, 3]; b: [k]; returns [n, k, p, q]. */
    @Kernel(op = "Conv", variant = "winograd4")
    @Example("x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
    public static Tensor tilesOf4(
            Tensor x, Tensor w, @Absent Tensor b, int[] strides, int[] pads, int[] dilations, int group) {
        require(x.rank() == 4 && x.size(1) == w.size(1));
        require(w.size(2) == 3 && w.size(3) == 3 && group == 1);
        require(strides[0] == 1 && strides[1] == 1 && dilations[0] == 1 && dilations[1] == 1);
        int batch = x.size(0);
        int channels = x.size(1);
        int filters = w.size(0);
        int p = x.size(2) + pads[0] + pads[2] - 2;
        int q = x.size(3) + pads[1] + pads[3] - 2;
        int rows = (p + 3) / 4;
        int columns = (q + 3) / 4;
        Tensor filterRows =
                tensor(6, 3, filters, channels, (a, s, k, c) -> sum(3, r -> FILTER_4[a][r] * w.at(k, c, r, s)));
        Tensor filter = tensor(
                6, 6, filters, channels, (a, e, k, c) -> sum(3, s -> FILTER_4[e][s] * filterRows.at(a, s, k, c)));
        Tensor inputRows = tensor(
                6,
                6,
                channels,
                batch,
                rows,
                columns,
                (a, s, c, n, i, j) ->
                        sum(6, r -> INPUT_4[a][r] * x.atOr(0, n, c, 4 * i + r - pads[0], 4 * j + s - pads[1])));
        Tensor input = tensor(
                6,
                6,
                channels,
                batch,
                rows,
                columns,
                (a, e, c, n, i, j) -> sum(6, s -> INPUT_4[e][s] * inputRows.at(a, s, c, n, i, j)));
        Tensor product = tensor(
                6,
                6,
                filters,
                batch,
                rows,
                columns,
                (a, e, k, n, i, j) -> sum(channels, c -> input.at(a, e, c, n, i, j) * filter.at(a, e, k, c)));
        Tensor outputRows = tensor(
                4,
                6,
                filters,
                batch,
                rows,
                columns,
                (u, e, k, n, i, j) -> sum(6, a -> OUTPUT_4[u][a] * product.at(a, e, k, n, i, j)));
        return tensor(
                batch,
                filters,
                p,
                q,
                (n, k, i, j) ->
                        b.at(k) + sum(6, e -> OUTPUT_4[j % 4][e] * outputRows.at(i % 4, e, k, n, i / 4, j / 4)));
    }
}

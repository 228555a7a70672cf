package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/** The way back from windows to the map that they were taken of. */
public final class Unpooling {

    private static final float NOTHING = Float.NEGATIVE_INFINITY;

    private Unpooling() {}

    /**
     * Blocks added up where they lie in an image (ONNX {@code Col2Im}). x: [n, c, block..., positions...]; returns [n, c,
     * image...]; the block at position p begins at {@code p * strides - pads}.
     */
    @Kernel(op = "dev.woodpecker::FoldBlocks")
    @Example("x=1x8x3x3x16x16 image=32,32 strides=2,2 pads=1,1,1,1 dilations=1,1")
    public static Tensor foldBlocks(Tensor x, int[] image, int[] strides, int[] pads, int[] dilations) {
        int rank = Index.of(image).rank();
        return tensor(
                x.shape().first(2).concat(Index.of(image)),
                i -> sum(x.shape().from(2).first(rank), k -> {
                    Index from = k.map(a -> i.get(2 + a) + pads[a] - k.get(a) * dilations[a]);
                    // Between the positions of two blocks there is none.
                    Index position = from.map(a -> from.get(a) % strides[a] == 0 ? from.get(a) / strides[a] : -1);
                    return x.atOr(0, i.first(2).concat(k).concat(position));
                }));
    }

    /**
     * Maxima of windows where they were found, and 0 elsewhere (ONNX {@code MaxUnpool}). x: [n, c, d, h, w]; indices of the
     * same shape: positions in the whole result; returns [n, c, sizes...].
     */
    @Kernel(op = "dev.woodpecker::PlaceMaxima")
    @Example("x=1x8x1x16x16 indices=1x8x1x16x16 sizes=1,32,32 kernel=1,2,2 strides=1,2,2 pads=0,0,0")
    public static Tensor placeMaxima(
            Tensor x, IntTensor indices, int[] sizes, int[] kernel, int[] strides, int[] pads) {
        int channels = x.size(1);
        return tensor(x.size(0), channels, sizes[0], sizes[1], sizes[2], (n, c, d, i, j) -> {
            long own = (((long) (n * channels + c) * sizes[0] + d) * sizes[1] + i) * sizes[2] + j;
            float placed = max(kernel[0], kernel[1], kernel[2], (t, r, s) -> {
                int depth = window(d + pads[0] - t, strides[0]);
                int row = window(i + pads[1] - r, strides[1]);
                int column = window(j + pads[2] - s, strides[2]);
                return indices.atOr(-1, n, c, depth, row, column) == own
                        ? x.atOr(NOTHING, n, c, depth, row, column)
                        : NOTHING;
            });
            return placed == NOTHING ? 0 : placed;
        });
    }

    /** The window that begins so far before an element; -1 where none does. */
    private static int window(int begin, int stride) {
        return begin % stride == 0 ? begin / stride : -1;
    }
}

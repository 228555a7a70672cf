package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Operators that only move elements, at positions known from shapes and attributes: they serve elements of every type.
 * Operators that only rename positions (reshape, squeeze, flatten) need no kernel.
 */
public final class Movement {

    private Movement() {}

    /** The axes in the order {@code perm}: axis {@code a} of the result is axis {@code perm[a]} of x. */
    @Kernel(op = "Transpose")
    @Example("x=1x128x12x32 perm=0,2,1,3")
    public static Tensor transpose(Tensor x, int[] perm) {
        return tensor(x.shape().pick(perm), i -> x.at(Index.of().weave(i, perm)));
    }

    /** The inputs one after another along {@code axis}; their other extents are equal. */
    @Kernel(op = "Concat")
    @Example("inputs=1x64x28x28+1x32x28x28 axis=1")
    public static Tensor concat(Tensor[] inputs, int axis) {
        return Dsl.concat(axis, inputs);
    }

    /**
     * Along each of {@code axes} the elements from {@code starts} by {@code steps} before {@code ends}. Bounds are
     * normalised: counted from the front and clamped, so that with a negative step an end of -1 takes in position 0.
     */
    @Kernel(op = "Slice")
    @Example("x=1x128x384 starts=0 ends=1 axes=1 steps=1")
    public static Tensor slice(Tensor x, int[] starts, int[] ends, int[] axes, int[] steps) {
        Index extents = x.shape()
                .pick(axes)
                .map(j ->
                        Math.max(0, Math.floorDiv(ends[j] - starts[j] + steps[j] + (steps[j] > 0 ? -1 : 1), steps[j])));
        return tensor(x.shape().drop(axes).weave(extents, axes), i -> {
            Index along = i.pick(axes);
            return x.at(i.drop(axes).weave(along.map(j -> starts[j] + along.get(j) * steps[j]), axes));
        });
    }

    /**
     * x with {@code pads} elements more at the begin of every axis, and then at the end of every axis; fewer, where
     * negative. {@code mode}: 0 {@code constant}, 1 {@code reflect}, 2 {@code edge}, 3 {@code wrap}.
     */
    @Kernel(op = "Pad")
    @Example("data=1x3x32x32 constantValue=scalar pads=0,0,2,2,0,0,2,2 mode=0")
    @Example("data=1x3x32x32 pads=0,0,2,2,0,0,2,2 mode=1")
    public static Tensor pad(Tensor data, @Absent Tensor constantValue, int[] pads, int mode) {
        return tensor(data.shape().map(a -> data.size(a) + pads[a] + pads[data.rank() + a]), i -> {
            Index inside = i.map(a -> i.get(a) - pads[a]);
            return mode == 0
                    ? data.atOr(constantValue.at(), inside)
                    : data.at(inside.map(a -> source(inside.get(a), data.size(a), mode)));
        });
    }

    /** x repeated along axes of extent 1, and along new leading axes, to the shape it has in common with {@code shape}. */
    @Kernel(op = "Expand")
    @Example("x=1x1x128 shape=1,128,128")
    public static Tensor expand(Tensor x, int[] shape) {
        return tensor(x.shape().broadcast(Index.of(shape)), i -> x.at(i.within(x.shape())));
    }

    /** x {@code repeats} times over along each axis. */
    @Kernel(op = "Tile")
    @Example("x=1x8x8 repeats=2,1,3")
    public static Tensor tile(Tensor x, int[] repeats) {
        return tensor(
                x.shape().map(a -> x.size(a) * repeats[a]), i -> x.at(i.map(a -> i.get(a) % Math.max(1, x.size(a)))));
    }

    /**
     * Blocks of channels to squares of pixels. x: [n, c * b * b, h, w]; returns [n, c, h * b, w * b]; {@code mode}: 0
     * {@code DCR} with the block outermost in the channels, 1 {@code CRD} with it innermost.
     */
    @Kernel(op = "DepthToSpace")
    @Example("x=1x9x224x224 blocksize=3 mode=0")
    public static Tensor depthToSpace(Tensor x, int blocksize, int mode) {
        int channels = x.size(1) / (blocksize * blocksize);
        return tensor(x.size(0), channels, x.size(2) * blocksize, x.size(3) * blocksize, (n, c, i, j) -> {
            int block = i % blocksize * blocksize + j % blocksize;
            int channel = mode == 0 ? block * channels + c : c * blocksize * blocksize + block;
            return x.at(n, channel, i / blocksize, j / blocksize);
        });
    }

    /** Squares of pixels to blocks of channels. x: [n, c, h * b, w * b]; returns [n, b * b * c, h, w]. */
    @Kernel(op = "SpaceToDepth")
    @Example("x=1x3x416x416 blocksize=2")
    public static Tensor spaceToDepth(Tensor x, int blocksize) {
        int channels = x.size(1);
        return tensor(
                x.size(0),
                channels * blocksize * blocksize,
                x.size(2) / blocksize,
                x.size(3) / blocksize,
                (n, c, i, j) -> {
                    int block = c / channels;
                    return x.at(n, c % channels, i * blocksize + block / blocksize, j * blocksize + block % blocksize);
                });
    }

    /**
     * Along {@code timeAxis} the first {@code sequenceLens} elements in reverse, the rest as they are. sequenceLens: one
     * length for each position on {@code batchAxis}.
     */
    @Kernel(op = "ReverseSequence")
    public static Tensor reverseSequence(Tensor x, IntTensor sequenceLens, int batchAxis, int timeAxis) {
        require(batchAxis != timeAxis);
        return tensor(x.shape(), i -> {
            int length = (int) sequenceLens.at(i.get(batchAxis));
            int time = i.get(timeAxis);
            return x.at(i.with(timeAxis, time < length ? length - 1 - time : time));
        });
    }

    /** Where padding takes the element at {@code position} from, for the modes that repeat elements of the axis. */
    private static int source(int position, int size, int mode) {
        int period = Math.max(1, 2 * (size - 1));
        int reflected = Math.floorMod(position, period);
        return mode == 1
                ? (reflected < size ? reflected : period - reflected)
                : mode == 2 ? Math.max(0, Math.min(size - 1, position)) : Math.floorMod(position, size);
    }
}

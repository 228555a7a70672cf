package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.min;
import static dev.woodpecker.dsl.Dsl.prod;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Operators that move elements as an input of indices says. Indices below 0 count from the end; indices outside the axis
 * are an error when they are read.
 */
public final class Gathering {

    private static final float NOTHING = Float.NEGATIVE_INFINITY;

    private Gathering() {}

    /** Slices of data along {@code axis}. data: [a..., d, b...]; indices: [i...]; returns [a..., i..., b...]. */
    @Kernel(op = "Gather")
    @Example("data=30522x384 indices=1x128 axis=0")
    public static Tensor gather(Tensor data, IntTensor indices, int axis) {
        Index before = data.shape().first(axis);
        Index after = data.shape().from(axis + 1);
        return tensor(before.concat(indices.shape()).concat(after), i -> {
            long index = indices.at(i.from(axis).first(indices.rank()));
            return data.at(i.first(axis)
                    .concat(Index.of(fromFront(index, data.size(axis))))
                    .concat(i.from(axis + indices.rank())));
        });
    }

    /** Single elements of data, moved along {@code axis} alone. Returns the shape of indices. */
    @Kernel(op = "GatherElements")
    @Example("data=8x64 indices=8x16 axis=1")
    public static Tensor gatherElements(Tensor data, IntTensor indices, int axis) {
        return tensor(indices.shape(), i -> data.at(i.with(axis, fromFront(indices.at(i), data.size(axis)))));
    }

    /**
     * Slices of data at positions of several axes. data: [b..., d..., s...], with {@code batchDims} axes b; indices: [b...,
     * i..., k], with k the number of axes d; returns [b..., i..., s...].
     */
    @Kernel(op = "GatherND")
    @Example("data=2x8x8x16 indices=2x5x2 batchDims=1")
    public static Tensor gatherNd(Tensor data, IntTensor indices, int batchDims) {
        int last = indices.rank() - 1;
        Index indexed = data.shape().from(batchDims).first(indices.size(last));
        Index slice = data.shape().from(batchDims + indexed.rank());
        return tensor(indices.shape().first(last).concat(slice), i -> {
            Index position = indexed.map(d -> fromFront(indices.at(i.first(last).concat(Index.of(d))), indexed.get(d)));
            return data.at(i.first(batchDims).concat(position).concat(i.from(last)));
        });
    }

    /**
     * data with single elements replaced by {@code updates}, moved along {@code axis} alone; of several for one element the
     * last counts. indices and updates have one shape, nowhere larger than that of data. {@code reduction}: 0 {@code none},
     * 1 {@code add}, 2 {@code mul}, 3 {@code max}, 4 {@code min}.
     */
    @Kernel(op = "ScatterElements", variant = "replacing")
    @Example("data=4x16 indices=4x8 updates=4x8 axis=1 reduction=0")
    public static Tensor scatterElements(Tensor data, IntTensor indices, Tensor updates, int axis, int reduction) {
        require(reduction == 0);
        int outside = -1 - data.size(axis);
        IntTensor latest = Ints.tensor(
                data.shape(),
                i -> Ints.max(
                        indices.size(axis),
                        k -> hits(indices.atOr(outside, i.with(axis, k)), data.size(axis), i.get(axis)) ? k : -1));
        return tensor(data.shape(), i -> latest.at(i) < 0 ? data.at(i) : updates.at(i.with(axis, (int) latest.at(i))));
    }

    /** As {@link #scatterElements}, with all updates for an element combined with it. */
    @Kernel(op = "ScatterElements", variant = "reducing")
    @Example("data=4x16 indices=4x8 updates=4x8 axis=1 reduction=1")
    public static Tensor scatterElementsReducing(
            Tensor data, IntTensor indices, Tensor updates, int axis, int reduction) {
        require(reduction != 0);
        int n = indices.size(axis);
        int size = data.size(axis);
        float neutral = reduction == 1 ? 0 : reduction == 2 ? 1 : reduction == 3 ? NOTHING : -NOTHING;
        Tensor candidates = tensor(data.shape().concat(Index.of(n)), j -> {
            Index i = j.first(data.rank());
            Index source = i.with(axis, j.get(data.rank()));
            return hits(indices.atOr(-1 - size, source), size, i.get(axis)) ? updates.at(source) : neutral;
        });
        return tensor(
                data.shape(),
                i -> reduction == 1
                        ? data.at(i) + sum(n, k -> candidates.at(i.concat(Index.of(k))))
                        : reduction == 2
                                ? data.at(i) * prod(n, k -> candidates.at(i.concat(Index.of(k))))
                                : reduction == 3
                                        ? Math.max(data.at(i), max(n, k -> candidates.at(i.concat(Index.of(k)))))
                                        : Math.min(data.at(i), min(n, k -> candidates.at(i.concat(Index.of(k))))));
    }

    /**
     * {@code depth} elements along a new {@code axis}: {@code values[1]} at the index, {@code values[0]} elsewhere, and
     * everywhere if the index is out of range. indices: [a..., b...]; values: [2]; returns [a..., depth, b...].
     */
    @Kernel(op = "OneHot")
    @Example("indices=1x128 values=2 depth=10 axis=2")
    public static Tensor oneHot(IntTensor indices, Tensor values, int depth, int axis) {
        return tensor(
                indices.shape().weave(Index.of(depth), axis),
                i -> values.at(hits(indices.at(i.drop(axis)), depth, i.get(axis)) ? 1 : 0));
    }

    /**
     * pastCache with {@code update} written along {@code axis}, for each example of the first axis from where writeIndices:
     * [n] says on. {@code mode}: 0 {@code linear}, 1 {@code circular}, in which the axis's begin follows its end.
     */
    @Kernel(op = "TensorScatter")
    @Example("pastCache=2x4x64x32 update=2x4x1x32 writeIndices=2 axis=2 mode=0")
    public static Tensor tensorScatter(
            Tensor pastCache, Tensor update, @Absent IntTensor writeIndices, int axis, int mode) {
        require(axis > 0);
        int size = pastCache.size(axis);
        return tensor(pastCache.shape(), i -> {
            int from = i.get(axis) - (int) writeIndices.at(i.get(0));
            return update.atOr(pastCache.at(i), i.with(axis, mode == 0 ? from : Math.floorMod(from, size)));
        });
    }

    /** The index counted from the front of an axis of extent {@code size}. */
    private static int fromFront(long index, int size) {
        return (int) (index < 0 ? index + size : index);
    }

    /** Whether {@code index}, from the front or from the end, is the position {@code at}. */
    private static boolean hits(long index, int size, int at) {
        return index == at || index + size == at;
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.argMax;
import static dev.woodpecker.dsl.Dsl.argMin;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * The position of the extreme element along one axis of a tensor of any rank: of the first among equals, or
 * ({@code selectLastIndex} 1) the last. The axis is dropped from the result's shape, or ({@code keepdims} 1) kept with
 * extent 1.
 */
public final class ArgReduction {

    private ArgReduction() {}

    /** The position of the greatest element. A NaN counts as the greatest. */
    @Kernel(op = "ArgMax")
    @Example("x=1x1000 axis=1 keepdims=0 selectLastIndex=0")
    public static IntTensor positionOfGreatest(Tensor x, int axis, int keepdims, int selectLastIndex) {
        int n = x.size(axis);
        return Ints.tensor(keepdims == 0 ? x.shape().drop(axis) : x.shape().with(axis, 1), o -> {
            Index i = keepdims == 0 ? o : o.drop(axis);
            return selectLastIndex == 0
                    ? argMax(n, k -> x.at(i.weave(Index.of(k), axis)))
                    : n - 1 - argMax(n, k -> x.at(i.weave(Index.of(n - 1 - k), axis)));
        });
    }

    /** The position of the greatest element. */
    @Kernel(op = "ArgMax")
    public static IntTensor positionOfGreatest(IntTensor x, int axis, int keepdims, int selectLastIndex) {
        int n = x.size(axis);
        return Ints.tensor(keepdims == 0 ? x.shape().drop(axis) : x.shape().with(axis, 1), o -> {
            Index i = keepdims == 0 ? o : o.drop(axis);
            return selectLastIndex == 0
                    ? Ints.argMax(n, k -> x.at(i.weave(Index.of(k), axis)))
                    : n - 1 - Ints.argMax(n, k -> x.at(i.weave(Index.of(n - 1 - k), axis)));
        });
    }

    /** The position of the least element. A NaN counts as the least. */
    @Kernel(op = "ArgMin")
    public static IntTensor positionOfLeast(Tensor x, int axis, int keepdims, int selectLastIndex) {
        int n = x.size(axis);
        return Ints.tensor(keepdims == 0 ? x.shape().drop(axis) : x.shape().with(axis, 1), o -> {
            Index i = keepdims == 0 ? o : o.drop(axis);
            return selectLastIndex == 0
                    ? argMin(n, k -> x.at(i.weave(Index.of(k), axis)))
                    : n - 1 - argMin(n, k -> x.at(i.weave(Index.of(n - 1 - k), axis)));
        });
    }

    /** The position of the least element. */
    @Kernel(op = "ArgMin")
    public static IntTensor positionOfLeast(IntTensor x, int axis, int keepdims, int selectLastIndex) {
        int n = x.size(axis);
        return Ints.tensor(keepdims == 0 ? x.shape().drop(axis) : x.shape().with(axis, 1), o -> {
            Index i = keepdims == 0 ? o : o.drop(axis);
            return selectLastIndex == 0
                    ? Ints.argMin(n, k -> x.at(i.weave(Index.of(k), axis)))
                    : n - 1 - Ints.argMin(n, k -> x.at(i.weave(Index.of(n - 1 - k), axis)));
        });
    }
}

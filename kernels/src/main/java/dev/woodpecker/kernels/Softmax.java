package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.argMax;
import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.log;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/** Softmax and its relatives, along one axis of a tensor of any rank. Results have the input's shape. */
public final class Softmax {

    private Softmax() {}

    /** {@code exp(x) / sum(exp(x))}, computed on {@code x} less its greatest element so that nothing overflows. */
    @Kernel(op = "Softmax")
    @Example("x=1x12x128x128 axis=3")
    @Example("x=1x1000 axis=1")
    public static Tensor softmax(Tensor x, int axis) {
        int n = x.size(axis);
        Tensor greatest = tensor(x.shape().drop(axis), i -> max(n, k -> x.at(i.weave(Index.of(k), axis))));
        Tensor power = tensor(x.shape(), i -> exp(x.at(i) - greatest.at(i.drop(axis))));
        Tensor total = tensor(x.shape().drop(axis), i -> sum(n, k -> power.at(i.weave(Index.of(k), axis))));
        return tensor(x.shape(), i -> power.at(i) / total.at(i.drop(axis)));
    }

    /** The logarithm of {@link #softmax}. */
    @Kernel(op = "LogSoftmax")
    @Example("x=1x1000 axis=1")
    public static Tensor logSoftmax(Tensor x, int axis) {
        int n = x.size(axis);
        Tensor greatest = tensor(x.shape().drop(axis), i -> max(n, k -> x.at(i.weave(Index.of(k), axis))));
        Tensor total =
                tensor(x.shape().drop(axis), i -> sum(n, k -> exp(x.at(i.weave(Index.of(k), axis)) - greatest.at(i))));
        return tensor(x.shape(), i -> x.at(i) - greatest.at(i.drop(axis)) - log(total.at(i.drop(axis))));
    }

    /** 1 at the first greatest element, 0 elsewhere. */
    @Kernel(op = "Hardmax")
    public static Tensor hardmax(Tensor x, int axis) {
        IntTensor greatest =
                Ints.tensor(x.shape().drop(axis), i -> argMax(x.size(axis), k -> x.at(i.weave(Index.of(k), axis))));
        return tensor(x.shape(), i -> i.get(axis) == greatest.at(i.drop(axis)) ? 1 : 0);
    }
}

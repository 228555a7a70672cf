package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.isInfinite;
import static dev.woodpecker.dsl.Dsl.log;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.min;
import static dev.woodpecker.dsl.Dsl.prod;
import static dev.woodpecker.dsl.Dsl.sqrt;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Masks;
import dev.woodpecker.dsl.Tensor;

/**
 * Reductions over {@code axes} of a tensor of any rank. The axes are dropped from the result's shape, or
 * ({@code keepdims} 1) kept with extent 1.
 */
public final class Reduction {

    private Reduction() {}

    /** The sum. */
    @Kernel(op = "ReduceSum")
    @Example("x=1x128x384 axes=2 keepdims=1")
    public static Tensor reduceSum(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> sum(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The sum. */
    @Kernel(op = "ReduceSum")
    public static IntTensor reduceSum(IntTensor x, int[] axes, int keepdims) {
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.sum(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The mean. */
    @Kernel(op = "ReduceMean")
    @Example("x=1x128x384 axes=2 keepdims=1")
    public static Tensor reduceMean(Tensor x, int[] axes, int keepdims) {
        Index over = x.shape().pick(axes);
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> sum(over, t -> x.at(position(o, t, axes, keepdims))) / over.product());
    }

    /** The mean, rounded towards 0. */
    @Kernel(op = "ReduceMean")
    public static IntTensor reduceMean(IntTensor x, int[] axes, int keepdims) {
        Index over = x.shape().pick(axes);
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.sum(over, t -> x.at(position(o, t, axes, keepdims))) / over.product());
    }

    /** The greatest element; NaN if one is. */
    @Kernel(op = "ReduceMax")
    @Example("x=1x128x384 axes=2 keepdims=1")
    public static Tensor reduceMax(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> max(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The greatest element. */
    @Kernel(op = "ReduceMax")
    public static IntTensor reduceMax(IntTensor x, int[] axes, int keepdims) {
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.max(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** Whether an element is true. */
    @Kernel(op = "ReduceMax")
    public static MaskTensor reduceMax(MaskTensor x, int[] axes, int keepdims) {
        return Masks.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Masks.any(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The least element; NaN if one is. */
    @Kernel(op = "ReduceMin")
    public static Tensor reduceMin(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> min(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The least element. */
    @Kernel(op = "ReduceMin")
    public static IntTensor reduceMin(IntTensor x, int[] axes, int keepdims) {
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.min(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** Whether all elements are true. */
    @Kernel(op = "ReduceMin")
    public static MaskTensor reduceMin(MaskTensor x, int[] axes, int keepdims) {
        return Masks.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Masks.all(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The product. */
    @Kernel(op = "ReduceProd")
    public static Tensor reduceProd(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> prod(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The product. */
    @Kernel(op = "ReduceProd")
    public static IntTensor reduceProd(IntTensor x, int[] axes, int keepdims) {
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.prod(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims))));
    }

    /** The sum of absolute values. */
    @Kernel(op = "ReduceL1")
    public static Tensor reduceL1(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> sum(x.shape().pick(axes), t -> Math.abs(x.at(position(o, t, axes, keepdims)))));
    }

    /** The sum of squares. */
    @Kernel(op = "ReduceSumSquare")
    public static Tensor reduceSumSquare(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> sum(x.shape().pick(axes), t -> {
                    float value = x.at(position(o, t, axes, keepdims));
                    return value * value;
                }));
    }

    /** The sum of squares. */
    @Kernel(op = "ReduceSumSquare")
    public static IntTensor reduceSumSquare(IntTensor x, int[] axes, int keepdims) {
        return Ints.tensor(
                shape(x.shape(), axes, keepdims),
                o -> Ints.sum(x.shape().pick(axes), t -> {
                    long value = x.at(position(o, t, axes, keepdims));
                    return value * value;
                }));
    }

    /** The root of the sum of squares. */
    @Kernel(op = "ReduceL2")
    public static Tensor reduceL2(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> sqrt(sum(x.shape().pick(axes), t -> {
                    float value = x.at(position(o, t, axes, keepdims));
                    return value * value;
                })));
    }

    /** The logarithm of the sum. */
    @Kernel(op = "ReduceLogSum")
    public static Tensor reduceLogSum(Tensor x, int[] axes, int keepdims) {
        return tensor(
                shape(x.shape(), axes, keepdims),
                o -> log(sum(x.shape().pick(axes), t -> x.at(position(o, t, axes, keepdims)))));
    }

    /** The logarithm of the sum of exponentials, taken relative to the greatest element so that nothing overflows. */
    @Kernel(op = "ReduceLogSumExp")
    public static Tensor reduceLogSumExp(Tensor x, int[] axes, int keepdims) {
        Tensor greatest = reduceMax(x, axes, 0);
        Tensor anchor = tensor(greatest.shape(), i -> isInfinite(greatest.at(i)) ? 0 : greatest.at(i));
        return tensor(shape(x.shape(), axes, keepdims), o -> {
            Index i = keepdims == 0 ? o : o.drop(axes);
            return log(sum(x.shape().pick(axes), t -> exp(x.at(i.weave(t, axes)) - anchor.at(i)))) + anchor.at(i);
        });
    }

    /** The shape of the result. */
    private static Index shape(Index x, int[] axes, int keepdims) {
        return keepdims == 0 ? x.drop(axes) : x.drop(axes).weave(x.pick(axes).map(j -> 1), axes);
    }

    /** The position in the input of reduction step {@code t} of the result's element {@code o}. */
    private static Index position(Index o, Index t, int[] axes, int keepdims) {
        return (keepdims == 0 ? o : o.drop(axes)).weave(t, axes);
    }
}

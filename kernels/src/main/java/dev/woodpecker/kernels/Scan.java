package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Dsl;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Ints;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * Running totals along one axis of a tensor of any rank: of the elements up to each position, or ({@code reverse} 1) from
 * it on; with the element there, or ({@code exclusive} 1) without. Results have the input's shape.
 */
public final class Scan {

    private Scan() {}

    /** Running sums. */
    @Kernel(op = "CumSum")
    @Example("x=8x128 axis=1 exclusive=0 reverse=0")
    public static Tensor cumulativeSum(Tensor x, int axis, int exclusive, int reverse) {
        return Dsl.tensor(
                x.shape(),
                i -> Dsl.sum(
                        x.size(axis), k -> counts(k, i.get(axis), exclusive, reverse) ? x.at(i.with(axis, k)) : 0));
    }

    /** Running sums. */
    @Kernel(op = "CumSum")
    public static IntTensor cumulativeSum(IntTensor x, int axis, int exclusive, int reverse) {
        return Ints.tensor(
                x.shape(),
                i -> Ints.sum(
                        x.size(axis), k -> counts(k, i.get(axis), exclusive, reverse) ? x.at(i.with(axis, k)) : 0));
    }

    /** Running products. */
    @Kernel(op = "CumProd")
    public static Tensor cumulativeProduct(Tensor x, int axis, int exclusive, int reverse) {
        return Dsl.tensor(
                x.shape(),
                i -> Dsl.prod(
                        x.size(axis), k -> counts(k, i.get(axis), exclusive, reverse) ? x.at(i.with(axis, k)) : 1));
    }

    /** Running products. */
    @Kernel(op = "CumProd")
    public static IntTensor cumulativeProduct(IntTensor x, int axis, int exclusive, int reverse) {
        return Ints.tensor(
                x.shape(),
                i -> Ints.prod(
                        x.size(axis), k -> counts(k, i.get(axis), exclusive, reverse) ? x.at(i.with(axis, k)) : 1));
    }

    /** Whether the element at {@code k} is part of the total at {@code i}. */
    private static boolean counts(int k, int i, int exclusive, int reverse) {
        return k == i ? exclusive == 0 : reverse == 0 ? k < i : k > i;
    }
}

package golden;

import static dev.woodpecker.dsl.Dsl.*;

import dev.woodpecker.dsl.*;

/** Overloads. */
public final class MatMul {
    private MatMul() {}

    /** a: [m, k]; b: [k, n]; returns [m, n]. */
    @Kernel(op = "MatMul")
    @Example("a=64x64 b=64x64")
    public static Tensor matmul(Tensor a, Tensor b) {
        require(a.rank() == 2 && b.rank() == 2);
        require(a.size(1) == b.size(0));
        return tensor(a.size(0), b.size(1), (i, j) -> sum(a.size(1), k -> a.at(i, k) * b.at(k, j)));
    }

    /** The same on integers. */
    @Kernel(op = "MatMul")
    public static IntTensor matmul(IntTensor a, IntTensor b) {
        require(a.rank() == 2 && b.rank() == 2);
        return Ints.tensor(a.size(0), b.size(1), (i, j) -> Ints.sum(a.size(1), k -> a.at(i, k) * b.at(k, j)));
    }
}

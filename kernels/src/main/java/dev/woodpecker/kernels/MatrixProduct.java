package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/** Matrix products (ONNX {@code MatMul} and {@code Gemm}). */
public final class MatrixProduct {

    private MatrixProduct() {}

    /** a: [m, k]; b: [k, n]; returns [m, n]. */
    @Kernel(op = "MatMul")
    @Example("a=128x384 b=384x384")
    public static Tensor matmul(Tensor a, Tensor b) {
        require(a.rank() == 2 && b.rank() == 2);
        require(a.size(1) == b.size(0));
        return tensor(a.size(0), b.size(1), (i, j) -> sum(a.size(1), k -> a.at(i, k) * b.at(k, j)));
    }

    /** One product for each position in the leading axes, which broadcast. a: [..., m, k]; b: [..., k, n]; returns [..., m, n]. */
    @Kernel(op = "MatMul", variant = "batched")
    @Example("a=1x12x128x64 b=1x12x64x128")
    public static Tensor batched(Tensor a, Tensor b) {
        require(a.rank() >= 2 && b.rank() >= 2 && a.rank() + b.rank() > 4);
        require(a.size(a.rank() - 1) == b.size(b.rank() - 2));
        Index batchA = a.shape().first(a.rank() - 2);
        Index batchB = b.shape().first(b.rank() - 2);
        Index batch = batchA.broadcast(batchB);
        return tensor(batch.concat(Index.of(a.size(a.rank() - 2), b.size(b.rank() - 1))), i -> {
            Index of = i.first(batch.rank());
            Index matrixA = of.within(batchA);
            Index matrixB = of.within(batchB);
            int row = i.get(batch.rank());
            int column = i.get(batch.rank() + 1);
            return sum(
                    a.size(a.rank() - 1),
                    k -> a.at(matrixA.concat(Index.of(row, k))) * b.at(matrixB.concat(Index.of(k, column))));
        });
    }

    /** a: [k]; b: [..., k, n]; returns [..., n]. */
    @Kernel(op = "MatMul", variant = "vectorMatrix")
    public static Tensor vectorMatrix(Tensor a, Tensor b) {
        require(a.rank() == 1 && b.rank() >= 2);
        require(a.size(0) == b.size(b.rank() - 2));
        int rows = b.rank() - 2;
        return tensor(b.shape().drop(rows), i -> sum(a.size(0), k -> a.at(k) * b.at(i.weave(Index.of(k), rows))));
    }

    /** a: [..., m, k]; b: [k]; returns [..., m]. */
    @Kernel(op = "MatMul", variant = "matrixVector")
    public static Tensor matrixVector(Tensor a, Tensor b) {
        require(a.rank() >= 2 && b.rank() == 1);
        require(a.size(a.rank() - 1) == b.size(0));
        return tensor(a.shape().first(a.rank() - 1), i -> sum(b.size(0), k -> a.at(i.concat(Index.of(k))) * b.at(k)));
    }

    /** a: [k]; b: [k]; returns a scalar. */
    @Kernel(op = "MatMul", variant = "dot")
    public static Tensor dot(Tensor a, Tensor b) {
        require(a.rank() == 1 && b.rank() == 1);
        require(a.size(0) == b.size(0));
        return tensor(() -> sum(a.size(0), k -> a.at(k) * b.at(k)));
    }

    /**
     * {@code alpha * a * b + beta * c}, with {@code a} and {@code b} transposed first where asked for (1). a: [m, k] or
     * [k, m]; b: [k, n] or [n, k]; c broadcasts to [m, n]; returns [m, n].
     */
    @Kernel(op = "Gemm")
    @Example("a=1x2048 b=1000x2048 c=1000 alpha=1 beta=1 transA=0 transB=1")
    @Example("a=128x384 b=384x1536 c=1536 alpha=1 beta=1 transA=0 transB=0")
    public static Tensor gemm(Tensor a, Tensor b, @Absent Tensor c, float alpha, float beta, int transA, int transB) {
        require(a.rank() == 2 && b.rank() == 2);
        require(a.size(transA == 0 ? 1 : 0) == b.size(transB == 0 ? 0 : 1));
        int m = a.size(transA == 0 ? 0 : 1);
        int depth = a.size(transA == 0 ? 1 : 0);
        int n = b.size(transB == 0 ? 1 : 0);
        return tensor(m, n, (i, j) -> {
            float product =
                    sum(depth, k -> (transA == 0 ? a.at(i, k) : a.at(k, i)) * (transB == 0 ? b.at(k, j) : b.at(j, k)));
            return alpha * product + beta * c.at(Index.of(i, j).within(c.shape()));
        });
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.random;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class MatrixProductTest {

    private final Tensor a = counting(2, 3); // 0 1 2; 3 4 5
    private final Tensor b = counting(3, 2); // 0 1; 2 3; 4 5

    @Test
    void ofMatrices() {
        assertThat(MatrixProduct.matmul(a, b).toArray()).containsExactly(10, 13, 28, 40);
    }

    @Test
    void ofVectors() {
        Tensor v = vector(1, 10, 100);
        assertThat(MatrixProduct.matrixVector(a, v).toArray()).containsExactly(210, 543);
        assertThat(MatrixProduct.vectorMatrix(v, b).toArray()).containsExactly(420, 531);
        assertThat(MatrixProduct.dot(v, v).at()).isEqualTo(10101);
        Tensor batch = counting(2, 3, 2);
        assertThat(MatrixProduct.vectorMatrix(v, batch).toArray()).containsExactly(420, 531, 1086, 1197);
        assertThat(MatrixProduct.matrixVector(batch, vector(1, 10)).toArray()).containsExactly(10, 32, 54, 76, 98, 120);
    }

    @Test
    void batchesBroadcast() {
        Tensor x = random(1, 2, 1, 4, 5);
        Tensor y = random(2, 3, 5, 6);
        Tensor product = MatrixProduct.batched(x, y);
        assertThat(product.shape()).isEqualTo(Index.of(2, 3, 4, 6));
        for (int p = 0; p < 2; p++) {
            for (int q = 0; q < 3; q++) {
                for (int i = 0; i < 4; i++) {
                    for (int j = 0; j < 6; j++) {
                        double expected = 0;
                        for (int k = 0; k < 5; k++) {
                            expected += x.at(p, 0, i, k) * y.at(q, k, j);
                        }
                        assertThat(product.at(p, q, i, j)).isCloseTo((float) expected, within(1e-6f));
                    }
                }
            }
        }
    }

    @Test
    void gemmScalesTransposesAndAdds() {
        Tensor bt = Tensor.of(new float[] {0, 2, 4, 1, 3, 5}, 2, 3);
        Tensor at = Tensor.of(new float[] {0, 3, 1, 4, 2, 5}, 3, 2);
        Tensor none = Tensor.absent(0);
        assertThat(MatrixProduct.gemm(a, b, none, 1, 1, 0, 0).toArray()).containsExactly(10, 13, 28, 40);
        assertThat(MatrixProduct.gemm(at, bt, none, 2, 1, 1, 1).toArray()).containsExactly(20, 26, 56, 80);
        assertThat(MatrixProduct.gemm(a, b, vector(1, 2), 1, 10, 0, 0).toArray())
                .containsExactly(20, 33, 38, 60);
        Tensor column = Tensor.of(new float[] {1, 2}, 2, 1);
        assertThat(MatrixProduct.gemm(a, b, column, 1, 10, 0, 0).toArray()).containsExactly(20, 23, 48, 60);
        assertThat(MatrixProduct.gemm(a, b, Tensor.scalar(1), 1, 1, 0, 0).toArray())
                .containsExactly(11, 14, 29, 41);
    }
}

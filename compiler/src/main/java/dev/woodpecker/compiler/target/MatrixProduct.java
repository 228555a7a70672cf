package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.Intrinsic.Semantics;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** What the products of the table do to tiles: rows of both operands go along the depth. */
final class MatrixProduct {
    private MatrixProduct() {}

    static Semantics of(int rows, int columns, int depth, DoubleBinaryOperator operation, DoubleUnaryOperator wrapped) {
        return tiles -> {
            for (int m = 0; m < rows; m++) {
                for (int n = 0; n < columns; n++) {
                    double sum = tiles[0][m * columns + n];
                    for (int k = 0; k < depth; k++) {
                        sum += operation.applyAsDouble(tiles[1][m * depth + k], tiles[2][n * depth + k]);
                    }
                    tiles[0][m * columns + n] = wrapped.applyAsDouble(sum);
                }
            }
        };
    }
}

package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;
import java.util.List;

/** The determinants of square matrices, [..., m, m] to [...], by elimination with the greatest pivot of a column. */
final class Determinant implements HostOperator {

    @Override
    public List<NdArray> run(HostCall call) {
        NdArray x = call.input(0);
        int rank = x.rank();
        if (rank < 2 || x.size(rank - 1) != x.size(rank - 2)) {
            throw call.error("a determinant of " + NdArray.describe(x.type(), x.shape()) + ", which is not square");
        }
        int size = x.size(rank - 1);
        NdArray result = NdArray.allocate(x.type(), Arrays.copyOf(x.shape(), rank - 2));
        for (long matrix = 0; matrix < result.elements(); matrix++) {
            double[][] rows = new double[size][size];
            for (int i = 0; i < size * size; i++) {
                rows[i / size][i % size] = x.getDouble(matrix * size * size + i);
            }
            result.set(matrix, determinant(rows));
        }
        return List.of(result);
    }

    private static double determinant(double[][] rows) {
        double product = 1;
        for (int column = 0; column < rows.length; column++) {
            int pivot = column;
            for (int row = column + 1; row < rows.length; row++) {
                pivot = Math.abs(rows[row][column]) > Math.abs(rows[pivot][column]) ? row : pivot;
            }
            if (rows[pivot][column] == 0) {
                return 0;
            }
            if (pivot != column) {
                double[] swapped = rows[pivot];
                rows[pivot] = rows[column];
                rows[column] = swapped;
                product = -product;
            }
            product *= rows[column][column];
            for (int row = column + 1; row < rows.length; row++) {
                double factor = rows[row][column] / rows[column][column];
                for (int i = column; i < rows.length; i++) {
                    rows[row][i] -= factor * rows[column][i];
                }
            }
        }
        return product;
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.random;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class MovementTest {

    private static final Tensor ZERO = Tensor.absent(0);

    @Test
    void transpose() {
        Tensor x = random(1, 2, 3, 4);
        Tensor y = Movement.transpose(x, attribute(2, 0, 1));
        assertThat(y.shape()).isEqualTo(Index.of(4, 2, 3));
        for (int a = 0; a < 2; a++) {
            for (int b = 0; b < 3; b++) {
                for (int c = 0; c < 4; c++) {
                    assertThat(y.at(c, a, b)).isEqualTo(x.at(a, b, c));
                }
            }
        }
    }

    @Test
    void concat() {
        Tensor y = Movement.concat(new Tensor[] {vector(1, 2), vector(), vector(3)}, 0);
        assertThat(y.toArray()).containsExactly(1, 2, 3);
    }

    @Test
    void sliceForwardsAndBackwards() {
        Tensor x = counting(10);
        assertThat(slice(x, 1, 8, 3)).containsExactly(1, 4, 7);
        assertThat(slice(x, 1, 7, 3)).containsExactly(1, 4);
        assertThat(slice(x, 9, -1, -2)).containsExactly(9, 7, 5, 3, 1);
        assertThat(slice(x, 8, -1, -2)).containsExactly(8, 6, 4, 2, 0);
        assertThat(slice(x, 5, 5, 1)).isEmpty();
        assertThat(slice(x, 2, 7, -1)).isEmpty();
    }

    private static float[] slice(Tensor x, int start, int end, int step) {
        return Movement.slice(x, attribute(start), attribute(end), attribute(0), attribute(step))
                .toArray();
    }

    @Test
    void sliceOfSomeAxes() {
        Tensor x = counting(2, 3, 4);
        Tensor y = Movement.slice(x, attribute(3, 1), attribute(1, 2), attribute(2, 0), attribute(-1, 1));
        assertThat(y.shape()).isEqualTo(Index.of(1, 3, 2));
        assertThat(y.toArray()).containsExactly(15, 14, 19, 18, 23, 22);
    }

    @Test
    void padInEveryMode() {
        Tensor x = vector(1, 2, 3);
        int[] pads = {4, 3};
        assertThat(Movement.pad(x, Tensor.scalar(9), pads, 0).toArray()).containsExactly(9, 9, 9, 9, 1, 2, 3, 9, 9, 9);
        assertThat(Movement.pad(x, ZERO, pads, 1).toArray()).containsExactly(1, 2, 3, 2, 1, 2, 3, 2, 1, 2);
        assertThat(Movement.pad(x, ZERO, pads, 2).toArray()).containsExactly(1, 1, 1, 1, 1, 2, 3, 3, 3, 3);
        assertThat(Movement.pad(x, ZERO, pads, 3).toArray()).containsExactly(3, 1, 2, 3, 1, 2, 3, 1, 2, 3);
        assertThat(Movement.pad(x, ZERO, attribute(-1, 1), 0).toArray()).containsExactly(2, 3, 0);
    }

    @Test
    void padSeveralAxes() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        assertThat(Movement.pad(x, ZERO, attribute(1, 0, 0, 1), 0).toArray())
                .containsExactly(0, 0, 0, 1, 2, 0, 3, 4, 0);
        assertThat(Movement.pad(x, ZERO, attribute(1, 0, 0, 1), 1).toArray())
                .containsExactly(3, 4, 3, 1, 2, 1, 3, 4, 3);
    }

    @Test
    void expandAndTile() {
        Tensor x = Tensor.of(new float[] {1, 2}, 2, 1);
        Tensor y = Movement.expand(x, attribute(2, 1, 3));
        assertThat(y.shape()).isEqualTo(Index.of(2, 2, 3));
        assertThat(y.toArray()).containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
        assertThat(Movement.expand(x, attribute(1)).toArray()).containsExactly(1, 2);
        assertThat(Movement.tile(x, attribute(2, 3)).toArray()).containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
    }

    /** The example of the ONNX specification: 8 channels of 2x3 with values 9c to 9c + 5. */
    @Test
    void depthToSpaceInBothModes() {
        float[] values = new float[48];
        for (int position = 0; position < 48; position++) {
            values[position] = position / 6 * 9 + position % 6;
        }
        Tensor x = Tensor.of(values, 1, 8, 2, 3);
        Tensor dcr = Movement.depthToSpace(x, 2, 0);
        assertThat(dcr.shape()).isEqualTo(Index.of(1, 2, 4, 6));
        assertThat(row(dcr, 0, 0)).containsExactly(0, 18, 1, 19, 2, 20);
        assertThat(row(dcr, 0, 1)).containsExactly(36, 54, 37, 55, 38, 56);
        assertThat(row(dcr, 1, 0)).containsExactly(9, 27, 10, 28, 11, 29);
        Tensor crd = Movement.depthToSpace(x, 2, 1);
        assertThat(row(crd, 0, 0)).containsExactly(0, 9, 1, 10, 2, 11);
        assertThat(row(crd, 0, 1)).containsExactly(18, 27, 19, 28, 20, 29);
        assertThat(row(crd, 1, 0)).containsExactly(36, 45, 37, 46, 38, 47);
    }

    private static float[] row(Tensor x, int channel, int row) {
        float[] values = new float[x.size(3)];
        for (int j = 0; j < values.length; j++) {
            values[j] = x.at(0, channel, row, j);
        }
        return values;
    }

    @Test
    void spaceToDepthUndoesDepthToSpace() {
        Tensor x = random(1, 2, 12, 3, 5);
        assertThat(Movement.spaceToDepth(Movement.depthToSpace(x, 2, 0), 2).toArray())
                .containsExactly(x.toArray());
    }

    /** The example of the ONNX specification. */
    @Test
    void reverseSequence() {
        Tensor x = Tensor.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 4, 4);
        assertThat(Movement.reverseSequence(x, ints(1, 2, 3, 4), 0, 1).toArray())
                .containsExactly(0, 1, 2, 3, 5, 4, 6, 7, 10, 9, 8, 11, 15, 14, 13, 12);
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

/** Movement by indices, and elements made from positions. */
class GatheringTest {

    private final Tensor data = counting(3, 4); // 0 1 2 3; 4 5 6 7; 8 9 10 11

    @Test
    void gatherSlices() {
        assertThat(Gathering.gather(data, ints(2, -3), 0).toArray()).containsExactly(8, 9, 10, 11, 0, 1, 2, 3);
        IntTensor square = IntTensor.of(new long[] {0, 1, 3, -2}, 2, 2);
        Tensor y = Gathering.gather(data, square, 1);
        assertThat(y.shape()).isEqualTo(Index.of(3, 2, 2));
        assertThat(y.toArray()).containsExactly(0, 1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10);
        assertThat(Gathering.gather(data, IntTensor.scalar(1), 0).toArray()).containsExactly(4, 5, 6, 7);
    }

    @Test
    void gatherOutsideTheAxisIsNamed() {
        Tensor y = Gathering.gather(data, ints(3), 0);
        assertThatThrownBy(y::toArray)
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("index 3 is outside axis 0 of a tensor of shape [3, 4]");
    }

    @Test
    void gatherElements() {
        IntTensor indices = IntTensor.of(new long[] {1, 2, 0, 2, 0, -3}, 2, 3);
        assertThat(Gathering.gatherElements(data, indices, 0).toArray()).containsExactly(4, 9, 2, 8, 1, 2);
        assertThat(Gathering.gatherElements(data, indices, 1).toArray()).containsExactly(1, 2, 0, 6, 4, 5);
    }

    @Test
    void gatherNd() {
        IntTensor points = IntTensor.of(new long[] {0, 1, 2, -1}, 2, 2);
        assertThat(Gathering.gatherNd(data, points, 0).toArray()).containsExactly(1, 11);
        IntTensor rows = IntTensor.of(new long[] {2, 0}, 2, 1);
        assertThat(Gathering.gatherNd(data, rows, 0).toArray()).containsExactly(8, 9, 10, 11, 0, 1, 2, 3);
        Tensor batched = counting(2, 2, 2);
        assertThat(Gathering.gatherNd(batched, IntTensor.of(new long[] {1, 0}, 2, 1), 1)
                        .toArray())
                .containsExactly(2, 3, 4, 5);
    }

    @Test
    void scatterElements() {
        IntTensor indices = IntTensor.of(new long[] {1, 0, 2, 0, 2, 1}, 2, 3);
        Tensor updates = Tensor.of(new float[] {1, 1.1f, 1.2f, 2, 2.1f, 2.2f}, 2, 3);
        Tensor zeros = Tensor.of(new float[9], 3, 3);
        assertThat(Gathering.scatterElements(zeros, indices, updates, 0, 0).toArray())
                .containsExactly(2, 1.1f, 0, 1, 0, 2.2f, 0, 2.1f, 1.2f);
        Tensor row = vector(1, 2, 3, 4, 5);
        assertThat(Gathering.scatterElements(row, ints(1, -2, 1), vector(10, 20, 30), 0, 0)
                        .toArray())
                .containsExactly(1, 30, 3, 20, 5);
    }

    @Test
    void scatterElementsCombinesAllUpdatesOfAnElement() {
        Tensor row = vector(1, 2, 3, 4, 5);
        IntTensor indices = ints(1, -2, 1);
        Tensor updates = vector(10, 20, -30);
        assertThat(Gathering.scatterElementsReducing(row, indices, updates, 0, 1)
                        .toArray())
                .containsExactly(1, -18, 3, 24, 5);
        assertThat(Gathering.scatterElementsReducing(row, indices, updates, 0, 2)
                        .toArray())
                .containsExactly(1, -600, 3, 80, 5);
        assertThat(Gathering.scatterElementsReducing(row, indices, updates, 0, 3)
                        .toArray())
                .containsExactly(1, 10, 3, 20, 5);
        assertThat(Gathering.scatterElementsReducing(row, indices, updates, 0, 4)
                        .toArray())
                .containsExactly(1, -30, 3, 4, 5);
    }

    @Test
    void oneHot() {
        Tensor values = vector(-1, 5);
        assertThat(Gathering.oneHot(ints(1, -1, 7), values, 3, 1).toArray())
                .containsExactly(-1, 5, -1, -1, -1, 5, -1, -1, -1);
        assertThat(Gathering.oneHot(ints(1, 0), values, 3, 0).toArray()).containsExactly(-1, 5, 5, -1, -1, -1);
    }

    @Test
    void cachesAreWrittenFromWhereEachExampleIs() {
        Tensor cache = counting(2, 4, 1);
        Tensor update = Tensor.of(new float[] {-1, -2, -3, -4}, 2, 2, 1);
        assertThat(Gathering.tensorScatter(cache, update, ints(0, 2), 1, 0).toArray())
                .containsExactly(-1, -2, 2, 3, 4, 5, -3, -4);
        assertThat(Gathering.tensorScatter(cache, update, ints(3, 1), 1, 1).toArray())
                .containsExactly(-2, 1, 2, -1, 4, -3, -4, 7);
    }

    @Test
    void constantsAndRanges() {
        assertThat(Generation.constantOfShape(attribute(2, 2), 7).toArray()).containsExactly(7, 7, 7, 7);
        assertThat(Generation.range(1f, 2f, 0.25f).toArray()).containsExactly(1, 1.25f, 1.5f, 1.75f);
        assertThat(Generation.range(1f, 1f, 0.25f).toArray()).isEmpty();
        assertThat(Generation.range(10, 0, -3).toArray()).containsExactly(10, 7, 4, 1);
        assertThat(Generation.range(0, 6, 3).toArray()).containsExactly(0, 3);
        assertThat(Generation.range(3, 0, 1).toArray()).isEmpty();
    }

    @Test
    void diagonalsAndTriangles() {
        Tensor square = counting(2, 3);
        assertThat(Generation.eyeLike(square, 0).toArray()).containsExactly(1, 0, 0, 0, 1, 0);
        assertThat(Generation.eyeLike(square, 1).toArray()).containsExactly(0, 1, 0, 0, 0, 1);
        assertThat(Generation.triangle(data, 0, 1).toArray()).containsExactly(0, 1, 2, 3, 0, 5, 6, 7, 0, 0, 10, 11);
        assertThat(Generation.triangle(data, -1, 0).toArray()).containsExactly(0, 0, 0, 0, 4, 0, 0, 0, 8, 9, 0, 0);
        IntTensor batch = IntTensor.of(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2);
        assertThat(Generation.triangle(batch, 0, 0).toArray()).containsExactly(1, 0, 3, 4, 5, 0, 7, 8);
        MaskTensor mask = MaskTensor.of(new boolean[] {true, true, true, false}, 2, 2);
        assertThat(Generation.triangle(mask, 0, 0).toArray()).containsExactly(true, false, true, false);
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class UnpoolingTest {
    private static final int[] ONES = attribute(1, 1);

    /** Blocks of ones: each element of the image becomes the number of blocks that it lies in. */
    @Test
    void blocksAddUpWhereTheyOverlap() {
        Tensor ones = Tensor.of(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 1, 2, 1, 4);
        assertThat(Unpooling.foldBlocks(ones, attribute(1, 5), ONES, attribute(0, 0, 0, 0), ONES)
                        .toArray())
                .containsExactly(1, 2, 2, 2, 1);
        // Two elements apart they do not, and those in the padding are lost.
        Tensor two = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 1, 2, 1, 2);
        assertThat(Unpooling.foldBlocks(two, attribute(1, 3), attribute(1, 2), attribute(0, 1, 0, 0), ONES)
                        .toArray())
                .containsExactly(3, 2, 4);
        assertThat(Unpooling.foldBlocks(two, attribute(1, 4), ONES, attribute(0, 0, 0, 0), attribute(1, 2))
                        .toArray())
                .containsExactly(1, 2, 3, 4);
    }

    @Test
    void maximaGoBackToWhereTheyWere() {
        Tensor x = counting(1, 1, 1, 2, 2);
        IntTensor indices = IntTensor.of(new long[] {5, 2, 8, 15}, 1, 1, 1, 2, 2);
        assertThat(Unpooling.placeMaxima(
                                x,
                                indices,
                                attribute(1, 4, 4),
                                attribute(1, 2, 2),
                                attribute(1, 2, 2),
                                attribute(0, 0, 0))
                        .toArray())
                .containsExactly(0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 3);
    }

    /** Windows that overlap may have one maximum: it counts once. */
    @Test
    void aMaximumOfTwoWindowsIsPlacedOnce() {
        Tensor x = Tensor.of(new float[] {-4, -4}, 1, 1, 1, 1, 2);
        IntTensor indices = IntTensor.of(new long[] {1, 1}, 1, 1, 1, 1, 2);
        assertThat(Unpooling.placeMaxima(
                                x,
                                indices,
                                attribute(1, 1, 3),
                                attribute(1, 1, 2),
                                attribute(1, 1, 1),
                                attribute(0, 0, 0))
                        .toArray())
                .containsExactly(0, -4, 0);
    }
}

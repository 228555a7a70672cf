package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class SamplingTest {

    private static final int ZEROS = 0;
    private static final int BORDER = 1;
    private static final int REFLECTION = 2;

    private final Tensor x = counting(1, 1, 2, 3); // 0 1 2; 3 4 5

    @Test
    void cornersAreCentresOrEdges() {
        Tensor grid = grid(-1, -1, 1, 1, 0, 0);
        assertThat(Sampling.linear(x, grid, 1, ZEROS, 1).toArray()).containsExactly(0, 5, 2.5f);
        // A quarter of the corner element's square is inside x.
        assertThat(Sampling.linear(x, grid, 1, ZEROS, 0).toArray()).containsExactly(0, 1.25f, 2.5f);
        assertThat(Sampling.nearest(x, grid(-0.7f, -0.5f, 0.7f, 0.5f), 0, ZEROS, 0)
                        .toArray())
                .containsExactly(0, 5);
    }

    @Test
    void outsideIsZerosOrTheBorderOrAReflection() {
        // Two elements to the right of the last one, in the first row; by centres, x spans 2 elements.
        Tensor grid = grid(3, -1);
        assertThat(Sampling.linear(x, grid, 1, ZEROS, 1).toArray()).containsExactly(0);
        assertThat(Sampling.linear(x, grid, 1, BORDER, 1).toArray()).containsExactly(2);
        assertThat(Sampling.linear(x, grid, 1, REFLECTION, 1).toArray()).containsExactly(0);
        assertThat(Sampling.nearest(x, grid, 0, REFLECTION, 1).toArray()).containsExactly(0);
        // By edges it spans 3, from -0.5 to 2.5, and the position is 5.5: its mirror image is -0.5.
        assertThat(Sampling.linear(x, grid(3, -0.5f), 1, REFLECTION, 0).toArray())
                .containsExactly(0);
    }

    @Test
    void interpolationReproducesStraightLines() {
        Tensor ramp = counting(1, 1, 6, 8);
        Tensor at = grid(0.1f, -0.2f);
        // Column 3.5 + 0.1 * 3.5, row 2.5 - 0.2 * 2.5
        float expected = 2 * 8 + 3.85f;
        assertThat(Sampling.linear(ramp, at, 1, ZEROS, 1).at(0, 0, 0, 0)).isCloseTo(expected, within(1e-5f));
        assertThat(Sampling.cubic(ramp, at, 2, ZEROS, 1).at(0, 0, 0, 0)).isCloseTo(expected, within(0.2f));
        assertThat(Sampling.cubic(ramp, grid(3 / 7f - 1 / 7f * 2, 0.2f), 2, ZEROS, 1)
                        .at(0, 0, 0, 0))
                .isCloseTo(3 * 8 + 4, within(1e-4f));
        Tensor volume = counting(1, 1, 3, 3, 3);
        Tensor middle = Tensor.of(new float[] {0.5f, 0, -0.5f}, 1, 1, 1, 1, 3);
        assertThat(Sampling.linear3d(volume, middle, 1, ZEROS, 1).toArray()).containsExactly(0.5f * 9 + 3 + 1.5f);
    }

    @Test
    void regionsAreMeansOrGreatestOfSamples() {
        Tensor map = counting(1, 1, 4, 4);
        Tensor whole = Tensor.of(new float[] {0, 0, 4, 4}, 1, 4);
        // Cells of 2 x 2 elements, a sample at each element's centre.
        for (int ratio : new int[] {0, 2}) {
            assertThat(RegionSampling.meanOfRegions(map, whole, ints(0), 0, 0, 2, 2, ratio, 1)
                            .toArray())
                    .containsExactly(2.5f, 4.5f, 10.5f, 12.5f);
            assertThat(RegionSampling.greatestOfRegions(map, whole, ints(0), 0, 1, 2, 2, ratio, 1)
                            .toArray())
                    .containsExactly(5, 7, 13, 15);
        }
        // Without the half pixel, a region of no extent is an element large, and sampled in its middle.
        Tensor point = Tensor.of(new float[] {2, 2, 2, 2}, 1, 4);
        assertThat(RegionSampling.meanOfRegions(map, point, ints(0), 1, 0, 1, 1, 1, 0.5f)
                        .toArray())
                .containsExactly(1.5f * 4 + 1.5f);
    }

    /** The identity gives the centres of the elements, or with aligned corners their range from end to end. */
    @Test
    void affineGridsAreMapsOfPositions() {
        Tensor identity = Tensor.of(new float[] {1, 0, 0, 0, 1, 0}, 1, 2, 3);
        assertThat(Sampling.affineGrid2d(identity, attribute(1, 1, 2, 2), 0).toArray())
                .containsExactly(-0.5f, -0.5f, 0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f);
        assertThat(Sampling.affineGrid2d(identity, attribute(1, 1, 1, 3), 1).toArray())
                .containsExactly(-1, -1, 0, -1, 1, -1);
        Tensor turned = Tensor.of(new float[] {0, 2, 1, -1, 0, 0}, 1, 2, 3);
        assertThat(Sampling.affineGrid2d(turned, attribute(1, 1, 2, 1), 1).toArray())
                .containsExactly(-1, 1, 3, 1);
        Tensor mirrored = Tensor.of(new float[] {-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0.5f}, 1, 3, 4);
        assertThat(Sampling.affineGrid3d(mirrored, attribute(1, 1, 1, 1, 2), 0).toArray())
                .containsExactly(0.5f, 0, 0.5f, -0.5f, 0, 0.5f);
    }

    @Test
    void deformedByNothingIsAConvolution() {
        Tensor input = random(1, 1, 4, 5, 6);
        Tensor w = random(2, 4, 2, 3, 3);
        Tensor b = random(3, 4);
        int[] ones = attribute(1, 1);
        int[] pads = attribute(1, 1, 1, 1);
        Tensor none = Tensor.of(new float[18 * 30], 1, 18, 5, 6);
        float[] expected = Convolution.conv2d(input, w, b, ones, pads, ones, 2).toArray();
        assertThat(RegionSampling.deformable(input, w, none, b, Tensor.absent(1), ones, pads, ones, 2, 1)
                        .toArray())
                .containsExactly(expected, within(1e-6f));
        // One tap, moved half an element to the right, halved.
        Tensor offset = Tensor.of(new float[] {0, 0.5f}, 1, 2, 1, 1);
        Tensor half = Tensor.of(new float[] {0.5f}, 1, 1, 1, 1);
        Tensor one = Tensor.of(new float[] {1}, 1, 1, 1, 1);
        Tensor row = Tensor.of(new float[] {2, 4}, 1, 1, 1, 2);
        assertThat(RegionSampling.deformable(
                                row, one, offset, Tensor.absent(0), half, ones, attribute(0, 0, 0, -1), ones, 1, 1)
                        .toArray())
                .containsExactly(1.5f);
    }

    /** Positions in one row. */
    private static Tensor grid(float... positions) {
        return Tensor.of(positions, 1, 1, positions.length / 2, 2);
    }
}

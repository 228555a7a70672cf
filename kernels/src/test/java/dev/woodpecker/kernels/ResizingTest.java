package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.RequirementNotMet;
import dev.woodpecker.dsl.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Expected values are those of the examples in the ONNX specification of Resize. */
class ResizingTest {

    private static final Offset<Float> NEARLY = within(1e-5f);
    private static final int HALF_PIXEL = 0;
    private static final int ALIGN_CORNERS = 3;
    private static final int ASYMMETRIC = 4;
    private static final int CROP = 5;

    private final Tensor four = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
    private final Tensor eight = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 1, 2, 4);

    /** Halved, a row's element takes four: 1/8, 3/8, 3/8, 1/8 of their triangle, the outermost held at the border. */
    @Test
    void shrinkingWithAntialiasingCountsEveryElement() {
        Tensor row = Tensor.of(new float[] {8, 0, 0, 16, 0, 0}, 1, 1, 1, 6);
        assertThat(Resizing.antialiased(row, new int[] {1, 1, 1, 3}, new float[] {1, 1, 1, 0.5f}, 1, 0, -0.75f, 0, 1)
                        .toArray())
                .containsExactly(4, 6, 2);
    }

    @Test
    void nearest() {
        float[] scales = {1, 1, 2, 3};
        Tensor y = Resizing.nearest(four, attribute(1, 1, 4, 6), scales, 0, HALF_PIXEL, 0);
        assertThat(y.toArray()).containsExactly(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4);
        float[] down = {1, 1, 0.6f, 0.6f};
        assertThat(Resizing.nearest(eight, attribute(1, 1, 1, 2), down, 0, HALF_PIXEL, 0)
                        .toArray())
                .containsExactly(1, 3);
        assertThat(Resizing.nearest(four, attribute(1, 1, 4, 6), scales, 0, ASYMMETRIC, 2)
                        .toArray())
                .isEqualTo(y.toArray());
    }

    /** In double precision, as the specification writes positions and roundings. */
    private static int specifiedIndex(int i, int extent, int times, int transformation, int nearestMode) {
        double halfPixel = (i + 0.5) / times - 0.5;
        double at = transformation < 3
                ? halfPixel
                : transformation == ALIGN_CORNERS ? i * (extent - 1.0) / (extent * times - 1) : (double) i / times;
        double rounded = nearestMode == 0
                ? Math.ceil(at - 0.5)
                : nearestMode == 1 ? Math.floor(at + 0.5) : nearestMode == 2 ? Math.floor(at) : Math.ceil(at);
        return (int) Math.max(0, Math.min(extent - 1, rounded));
    }

    @Test
    void repeatingElementsIsWhatRoundingEachPositionGives() {
        int extent = 5;
        Tensor x = counting(1, 1, 1, extent);
        for (int times = 1; times <= 4; times++) {
            for (int transformation = HALF_PIXEL; transformation <= ASYMMETRIC; transformation++) {
                for (int nearestMode = 0; nearestMode < 4; nearestMode++) {
                    float[] y = Resizing.nearest(
                                    x,
                                    new int[] {1, 1, 1, extent * times},
                                    new float[] {1, 1, 1, times},
                                    0,
                                    transformation,
                                    nearestMode)
                            .toArray();
                    for (int i = 0; i < y.length; i++) {
                        assertThat(y[i])
                                .as(
                                        "times %d, transformation %d, mode %d, at %d",
                                        times, transformation, nearestMode, i)
                                .isEqualTo(
                                        x.at(0, 0, 0, specifiedIndex(i, extent, times, transformation, nearestMode)));
                    }
                }
            }
        }
    }

    /** Axis after axis gives what both at once do. */
    @Test
    void interpolationIsOfOneAxisAfterAnother() {
        Tensor x = Tensors.random(3, 1, 2, 4, 5);
        for (int mode = 1; mode <= 2; mode++) {
            Tensor rows = Resizing.interpolatedAlong(x, 2, 7, 1.75f, mode, HALF_PIXEL, 0, 1, 0, -0.75f, 1);
            Tensor both = Resizing.interpolatedAlong(rows, 3, 3, 0.6f, mode, HALF_PIXEL, 0, 1, 0, -0.75f, 1);
            int[] sizes = {1, 2, 7, 3};
            float[] scales = {1, 1, 1.75f, 0.6f};
            Tensor expected = mode == 1
                    ? Resizing.linear(x, sizes, scales, 1, HALF_PIXEL)
                    : Resizing.cubic(x, sizes, scales, 2, HALF_PIXEL, -0.75f, 1);
            assertThat(both.toArray()).containsExactly(expected.toArray(), within(1e-5f));
        }
    }

    /** From a quarter to three quarters of 0, 1, 2, 3, 4 is from 1 to 3; beyond the axis is what the model says. */
    @Test
    void aPartOfAnAxisIsResized() {
        Tensor line = counting(5);
        assertThat(Resizing.interpolatedAlong(line, 0, 5, 1, 1, CROP, 0.25f, 0.75f, -1, -0.75f, 0)
                        .toArray())
                .containsExactly(1, 1.5f, 2, 2.5f, 3);
        assertThat(Resizing.interpolatedAlong(line, 0, 1, 1, 1, CROP, 0.25f, 0.5f, -1, -0.75f, 0)
                        .toArray())
                .containsExactly(1.5f);
        assertThat(Resizing.nearestAlong(line, 0, 3, 1, 0, CROP, 2, 0.5f, 1.5f, -1)
                        .toArray())
                .containsExactly(2, 4, -1);
    }

    @Test
    void nearestRoundsAsAsked() {
        Tensor line = counting(4);
        float[] scale = {2};
        int[] size = {8}; // asymmetric: positions 0, 0.5, 1, ... 3.5
        assertThat(Resizing.nearest(line, size, scale, 0, ASYMMETRIC, 0).toArray())
                .containsExactly(0, 0, 1, 1, 2, 2, 3, 3);
        assertThat(Resizing.nearest(line, size, scale, 0, ASYMMETRIC, 1).toArray())
                .containsExactly(0, 1, 1, 2, 2, 3, 3, 3);
        assertThat(Resizing.nearest(line, size, scale, 0, ASYMMETRIC, 2).toArray())
                .containsExactly(0, 0, 1, 1, 2, 2, 3, 3);
        assertThat(Resizing.nearest(line, size, scale, 0, ASYMMETRIC, 3).toArray())
                .containsExactly(0, 1, 1, 2, 2, 3, 3, 3);
    }

    @Test
    void linear() {
        float[] scales = {1, 1, 2, 2};
        int[] sizes = attribute(1, 1, 4, 4);
        assertThat(Resizing.linear(four, sizes, scales, 1, HALF_PIXEL).toArray())
                .containsExactly(
                        new float[] {
                            1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4
                        },
                        NEARLY);
        assertThat(Resizing.linear(four, sizes, scales, 1, ALIGN_CORNERS).toArray())
                .containsExactly(
                        new float[] {
                            1,
                            1.3333333f,
                            1.6666667f,
                            2,
                            1.6666667f,
                            2,
                            2.3333333f,
                            2.6666667f,
                            2.3333333f,
                            2.6666667f,
                            3,
                            3.3333333f,
                            3,
                            3.3333333f,
                            3.6666667f,
                            4
                        },
                        NEARLY);
        float[] down = {1, 1, 0.6f, 0.6f};
        assertThat(Resizing.linear(eight, attribute(1, 1, 1, 2), down, 1, HALF_PIXEL)
                        .toArray())
                .containsExactly(new float[] {2.6666665f, 4.333333f}, NEARLY);
        assertThat(Resizing.linear(eight, attribute(1, 1, 1, 2), down, 1, ALIGN_CORNERS)
                        .toArray())
                .containsExactly(new float[] {1, 3.142857f}, NEARLY);
    }

    @Test
    void linearOverOneAxis() {
        Tensor line = Tensor.of(new float[] {1, 2}, 1, 1, 2);
        assertThat(Resizing.linear1d(line, attribute(1, 1, 4), new float[] {1, 1, 2}, 1, HALF_PIXEL)
                        .toArray())
                .containsExactly(new float[] {1, 1.25f, 1.75f, 2}, NEARLY);
    }

    @Test
    void symmetricCoordinatesKeepTheCentre() {
        Tensor line = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 4);
        assertThat(Resizing.linear1d(line, attribute(1, 1, 2), new float[] {1, 1, 0.6f}, 1, 1)
                        .toArray())
                .containsExactly(new float[] {1.6666667f, 3.3333333f}, NEARLY);
    }

    @Test
    void cubic() {
        Tensor sixteen = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 1, 1, 4, 4);
        float[] scales = {1, 1, 2, 2};
        int[] sizes = attribute(1, 1, 8, 8);
        Tensor y = Resizing.cubic(sixteen, sizes, scales, 2, HALF_PIXEL, -0.75f, 0);
        assertThat(first(y))
                .containsExactly(new float[] {0.47265625f, 0.76953125f, 1.24609375f, 1.875f, 2.28125f}, NEARLY);
        Tensor excluded = Resizing.cubic(sixteen, sizes, scales, 2, HALF_PIXEL, -0.5f, 1);
        assertThat(first(excluded))
                .containsExactly(
                        new float[] {0.55882353f, 0.81494204f, 1.35698249f, 1.89705882f, 2.39705882f}, within(2e-4f));
        assertThatThrownBy(() -> Resizing.cubic(sixteen, sizes, scales, 1, HALF_PIXEL, -0.75f, 0))
                .isInstanceOf(RequirementNotMet.class);
    }

    private static float[] first(Tensor y) {
        return new float[] {y.at(0, 0, 0, 0), y.at(0, 0, 0, 1), y.at(0, 0, 0, 2), y.at(0, 0, 0, 3), y.at(0, 0, 0, 4)};
    }
}

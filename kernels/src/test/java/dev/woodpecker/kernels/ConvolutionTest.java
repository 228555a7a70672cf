package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.tensor;
import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.counting;
import static dev.woodpecker.kernels.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.RequirementNotMet;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

class ConvolutionTest {

    private static final Tensor NO_BIAS = Tensor.absent(0);

    /** Strides, pads, dilations and group of a 2-D convolution. */
    private static final class Geometry {

        final int[] strides;
        final int[] pads;
        final int[] dilations;
        final int group;

        private Geometry(int[] strides, int[] pads, int[] dilations, int group) {
            this.strides = strides;
            this.pads = pads;
            this.dilations = dilations;
            this.group = group;
        }

        static final Geometry PLAIN = of(1, 1, 0, 0, 0, 0, 1, 1, 1);

        static Geometry of(int sh, int sw, int top, int left, int bottom, int right, int dh, int dw, int group) {
            return new Geometry(attribute(sh, sw), attribute(top, left, bottom, right), attribute(dh, dw), group);
        }
    }

    /** Adds each input element to the outputs that it reaches: the other way round than the kernels. */
    private static Tensor byScattering(Tensor x, Tensor w, Tensor b, Geometry g) {
        int n = x.size(0);
        int k = w.size(0);
        int rows = (x.size(2) + g.pads[0] + g.pads[2] - g.dilations[0] * (w.size(2) - 1) - 1) / g.strides[0] + 1;
        int columns = (x.size(3) + g.pads[1] + g.pads[3] - g.dilations[1] * (w.size(3) - 1) - 1) / g.strides[1] + 1;
        double[] y = new double[n * k * rows * columns];
        for (int image = 0; image < n; image++) {
            for (int channel = 0; channel < x.size(1); channel++) {
                int channels = x.size(1) / g.group;
                for (int filter = channel / channels * (k / g.group);
                        filter < (channel / channels + 1) * (k / g.group);
                        filter++) {
                    for (int r = 0; r < w.size(2); r++) {
                        for (int s = 0; s < w.size(3); s++) {
                            for (int h = 0; h < x.size(2); h++) {
                                for (int v = 0; v < x.size(3); v++) {
                                    int i = h + g.pads[0] - r * g.dilations[0];
                                    int j = v + g.pads[1] - s * g.dilations[1];
                                    if (i >= 0
                                            && j >= 0
                                            && i % g.strides[0] == 0
                                            && j % g.strides[1] == 0
                                            && i / g.strides[0] < rows
                                            && j / g.strides[1] < columns) {
                                        y[
                                                        ((image * k + filter) * rows + i / g.strides[0]) * columns
                                                                + j / g.strides[1]] +=
                                                (double) x.at(image, channel, h, v)
                                                        * w.at(filter, channel % channels, r, s);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        float[] values = new float[y.length];
        for (int position = 0; position < y.length; position++) {
            values[position] = (float) (y[position] + b.at(position / (rows * columns) % k));
        }
        return Tensor.of(values, n, k, rows, columns);
    }

    private static void assertClose(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.toArray()).containsExactly(expected.toArray(), within(2e-5f));
    }

    @Test
    void ofOnesAddsUpWindows() {
        Tensor x = counting(1, 1, 3, 3);
        Tensor w = Tensor.of(new float[] {1, 1, 1, 1}, 1, 1, 2, 2);
        Tensor y = Convolution.conv2d(x, w, NO_BIAS, attribute(1, 1), attribute(0, 0, 0, 0), attribute(1, 1), 1);
        assertThat(y.toArray()).containsExactly(8, 12, 20, 24);
    }

    @Test
    void everyVariantAgreesWithScattering() {
        Tensor b = random(3, 6);
        Geometry[] geometries = {
            Geometry.PLAIN,
            Geometry.of(1, 1, 1, 1, 1, 1, 1, 1, 1),
            Geometry.of(2, 3, 1, 0, 2, 1, 1, 1, 1),
            Geometry.of(1, 2, 2, 1, 0, 3, 2, 1, 2),
        };
        for (Geometry g : geometries) {
            Tensor x = random(1, 2, 4, 9, 8);
            Tensor w = random(2, 6, 4 / g.group, 3, 2);
            Tensor expected = byScattering(x, w, b, g);
            assertClose(Convolution.conv2d(x, w, b, g.strides, g.pads, g.dilations, g.group), expected);
            assertClose(Convolution.im2col(x, w, b, g.strides, g.pads, g.dilations, g.group), expected);
        }
    }

    @Test
    void depthwiseAgreesWithScattering() {
        Geometry g = Geometry.of(2, 1, 1, 1, 1, 1, 1, 2, 3);
        Tensor x = random(1, 2, 3, 7, 8);
        Tensor w = random(2, 6, 1, 3, 3);
        Tensor b = random(3, 6);
        assertClose(Convolution.depthwise(x, w, b, g.strides, g.pads, g.dilations, 3), byScattering(x, w, b, g));
        assertThatThrownBy(() -> Convolution.depthwise(x, random(2, 6, 3, 3, 3), b, g.strides, g.pads, g.dilations, 1))
                .isInstanceOf(RequirementNotMet.class);
    }

    @Test
    void winogradAgreesWithScatteringOnRaggedTiles() {
        Tensor w = random(2, 5, 3, 3, 3);
        Tensor b = random(3, 5);
        Geometry[] geometries = {Geometry.PLAIN, Geometry.of(1, 1, 1, 0, 1, 2, 1, 1, 1)};
        for (Geometry g : geometries) {
            for (int size = 5; size < 10; size++) {
                Tensor x = random(size, 2, 3, size, 11 - size / 2);
                Tensor expected = byScattering(x, w, b, g);
                assertClose(Winograd.tilesOf2(x, w, b, g.strides, g.pads, g.dilations, 1), expected);
                assertClose(Winograd.tilesOf4(x, w, b, g.strides, g.pads, g.dilations, 1), expected);
            }
        }
    }

    @Test
    void winogradServesPlain3x3Only() {
        Tensor x = random(1, 1, 2, 8, 8);
        Tensor w = random(2, 2, 2, 3, 3);
        Geometry g = Geometry.PLAIN;
        int[] two = attribute(2, 1);
        assertThatThrownBy(() -> Winograd.tilesOf2(x, w, NO_BIAS, two, g.pads, g.dilations, 1))
                .isInstanceOf(RequirementNotMet.class);
        assertThatThrownBy(() -> Winograd.tilesOf4(x, w, NO_BIAS, g.strides, g.pads, two, 1))
                .isInstanceOf(RequirementNotMet.class);
        Tensor wide = random(2, 2, 2, 3, 5);
        assertThatThrownBy(() -> Winograd.tilesOf4(x, wide, NO_BIAS, g.strides, g.pads, g.dilations, 1))
                .isInstanceOf(RequirementNotMet.class);
    }

    /** On one axis, by hand: [1 2 3 4] with [1 10] at stride 2 and one 0 before. */
    @Test
    void ofOneAxis() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 4);
        Tensor w = Tensor.of(new float[] {1, 10}, 1, 1, 2);
        Tensor y = Convolution.convolution(
                x, w, Tensor.of(new float[] {100}, 1), attribute(2), attribute(1, 0), attribute(1), 1);
        assertThat(y.shape()).isEqualTo(Index.of(1, 1, 2));
        assertThat(y.toArray()).containsExactly(110, 132);
        Tensor dilated = Convolution.convolution(x, w, NO_BIAS, attribute(1), attribute(0, 0), attribute(2), 1);
        assertThat(dilated.toArray()).containsExactly(31, 42);
    }

    @Test
    void ofThreeAxesAgreesWithTwoWhereOneIsFlat() {
        Tensor x = random(1, 2, 4, 9, 8);
        Tensor w = random(2, 6, 2, 3, 2);
        Geometry g = Geometry.of(1, 2, 2, 1, 0, 3, 2, 1, 2);
        Tensor flatX = tensor(2, 4, 9, 1, 8, (n, c, i, u, j) -> x.at(n, c, i, j));
        Tensor flatW = tensor(6, 2, 3, 1, 2, (k, c, r, u, s) -> w.at(k, c, r, s));
        Tensor y = Convolution.convolution(
                flatX, flatW, NO_BIAS, attribute(1, 1, 2), attribute(2, 0, 1, 0, 0, 3), attribute(2, 1, 1), 2);
        Tensor expected = byScattering(x, w, NO_BIAS, g);
        assertThat(y.shape()).isEqualTo(Index.of(2, 6, expected.size(2), 1, expected.size(3)));
        assertThat(y.toArray()).containsExactly(expected.toArray(), within(2e-5f));
    }

    /** The transposed convolution is the adjoint: the dot products of (conv x, y) and (x, transposed y) are equal. */
    @Test
    void transposedIsTheAdjoint() {
        Geometry[] geometries = {
            Geometry.PLAIN, Geometry.of(2, 3, 1, 0, 1, 1, 1, 2, 1), Geometry.of(2, 2, 1, 1, 1, 1, 1, 1, 2)
        };
        for (Geometry g : geometries) {
            Tensor x = random(1, 1, 4, 8, 11);
            Tensor w = random(2, 6, 4 / g.group, 3, 3);
            Tensor conv = Convolution.conv2d(x, w, NO_BIAS, g.strides, g.pads, g.dilations, g.group);
            Tensor y = random(4, 1, 6, conv.size(2), conv.size(3));
            int[] outputPadding = attribute(
                    (8 + g.pads[0] + g.pads[2] - g.dilations[0] * 2 - 1) % g.strides[0],
                    (11 + g.pads[1] + g.pads[3] - g.dilations[1] * 2 - 1) % g.strides[1]);
            Tensor back = Convolution.transposed(y, w, NO_BIAS, g.strides, g.pads, g.dilations, g.group, outputPadding);
            assertThat(back.shape()).isEqualTo(x.shape());
            assertThat(dot(conv, y)).isCloseTo(dot(x, back), within(1e-4));
        }
    }

    @Test
    void transposedSpreadsElementsByTheStride() {
        Tensor x = Tensor.of(new float[] {1, 2, 3}, 1, 1, 3);
        Tensor w = Tensor.of(new float[] {1, 10}, 1, 1, 2);
        Tensor y = Convolution.transposed(
                x, w, Tensor.of(new float[] {100}, 1), attribute(2), attribute(0, 0), attribute(1), 1, attribute(1));
        assertThat(y.toArray()).containsExactly(101, 110, 102, 120, 103, 130, 100);
    }

    @Test
    void phasesOfATransposedConvolutionAreTheWhole() {
        int[][] stridesAndPads = {{2, 2, 1, 1, 1, 1}, {3, 2, 0, 2, 1, 0}, {1, 4, 2, 1, 0, 1}};
        for (int[] row : stridesAndPads) {
            int[] strides = {row[0], row[1]};
            int[] pads = {row[2], row[3], row[4], row[5]};
            Tensor x = random(1, 2, 3, 5, 4);
            Tensor w = random(2, 3, 4, 3, 2);
            Tensor b = random(3, 4);
            int[] outputPadding = attribute(0, 1);
            Tensor whole = Convolution.transposed(x, w, b, strides, pads, attribute(1, 1), 1, outputPadding);
            Tensor phases = Convolution.transposedByPhases(x, w, b, strides, pads, attribute(1, 1), 1, outputPadding);
            assertThat(phases.shape()).isEqualTo(whole.shape());
            assertThat(phases.toArray()).containsExactly(whole.toArray(), within(1e-5f));
        }
    }

    private static double dot(Tensor a, Tensor b) {
        float[] left = a.toArray();
        float[] right = b.toArray();
        double total = 0;
        for (int position = 0; position < left.length; position++) {
            total += (double) left[position] * right[position];
        }
        return total;
    }
}

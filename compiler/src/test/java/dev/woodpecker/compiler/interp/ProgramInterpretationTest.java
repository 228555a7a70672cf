package dev.woodpecker.compiler.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Binding.Argument.Dense;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Specialised programs compute, bit for bit, what the same loops in plain Java do. */
class ProgramInterpretationTest {
    private final Random random = new Random(7);

    @Test
    void convolution() {
        int c = 4, h = 7, w = 6, k = 6, r = 3, s = 2, group = 2, stride = 2, pad = 1;
        float[] x = floats(2 * c * h * w);
        float[] weights = floats(k * (c / group) * r * s);
        float[] bias = floats(k);
        int p = (h + 2 * pad - r) / stride + 1;
        int q = (w + 2 * pad - s) / stride + 1;
        float[] expected = new float[2 * k * p * q];
        int at = 0;
        for (int n = 0; n < 2; n++) {
            for (int o = 0; o < k; o++) {
                for (int i = 0; i < p; i++) {
                    for (int j = 0; j < q; j++) {
                        float sum = 0;
                        for (int cc = 0; cc < c / group; cc++) {
                            for (int y = 0; y < r; y++) {
                                for (int z = 0; z < s; z++) {
                                    int ih = i * stride - pad + y;
                                    int iw = j * stride - pad + z;
                                    boolean inside = ih >= 0 && ih < h && iw >= 0 && iw < w;
                                    int channel = o / (k / group) * (c / group) + cc;
                                    float value = inside ? x[((n * c + channel) * h + ih) * w + iw] : 0;
                                    sum += value * weights[((o * (c / group) + cc) * r + y) * s + z];
                                }
                            }
                        }
                        expected[at++] = bias[o] + sum;
                    }
                }
            }
        }
        Binding binding = Binding.of("conv")
                .tensor("x", DType.F32, 2, c, h, w)
                .tensor("w", DType.F32, k, c / group, r, s)
                .tensor("b", DType.F32, k)
                .ints("strides", stride, stride)
                .ints("pads", pad, pad, pad, pad)
                .integer("group", group);
        Map<String, HostTensor> inputs = Map.of(
                "x", HostTensor.of(x, 2, c, h, w),
                "w", HostTensor.of(weights, k, c / group, r, s),
                "b", HostTensor.of(bias, k));
        assertThat(run(TestKernels.CONVOLUTION, binding, inputs)).isEqualTo(HostTensor.of(expected, 2, k, p, q));
    }

    @Test
    void softmax() {
        float[] x = floats(3 * 5);
        float[] expected = new float[15];
        for (int i = 0; i < 3; i++) {
            float m = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < 5; j++) {
                m = Math.max(m, x[i * 5 + j]);
            }
            float s = 0;
            for (int j = 0; j < 5; j++) {
                s += (float) Math.exp(x[i * 5 + j] - m);
            }
            for (int j = 0; j < 5; j++) {
                expected[i * 5 + j] = (float) Math.exp(x[i * 5 + j] - m) / s;
            }
        }
        assertThat(run(
                        TestKernels.SOFTMAX,
                        Binding.of("s").tensor("x", DType.F32, 3, 5),
                        Map.of("x", HostTensor.of(x, 3, 5))))
                .isEqualTo(HostTensor.of(expected, 3, 5));
    }

    @Test
    void layerNorm() {
        float[] x = floats(4 * 6);
        float[] scale = floats(6);
        float[] expected = new float[24];
        for (int i = 0; i < 4; i++) {
            float sum = 0;
            for (int j = 0; j < 6; j++) {
                sum += x[i * 6 + j];
            }
            float mean = sum / 6;
            float squares = 0;
            for (int j = 0; j < 6; j++) {
                squares += (x[i * 6 + j] - mean) * (x[i * 6 + j] - mean);
            }
            for (int j = 0; j < 6; j++) {
                expected[i * 6 + j] = (x[i * 6 + j] - mean) / (float) Math.sqrt(squares / 6 + 1e-5f) * scale[j] + 0f;
            }
        }
        Binding binding = Binding.of("n").tensor("x", DType.F32, 4, 6).tensor("scale", DType.F32, 6);
        assertThat(run(
                        TestKernels.LAYER_NORM,
                        binding,
                        Map.of("x", HostTensor.of(x, 4, 6), "scale", HostTensor.of(scale, 6))))
                .isEqualTo(HostTensor.of(expected, 4, 6));
    }

    @Test
    void gatherWithNegativeIndices() {
        HostTensor data = HostTensor.ofIntegers(DType.I8, new long[] {1, 2, 3, 4, 5, 6}, 2, 3);
        HostTensor indices = HostTensor.ofIntegers(DType.I32, new long[] {2, -3}, 2);
        Binding binding = Binding.of("g")
                .tensor("data", DType.I8, 2, 3)
                .tensor("indices", DType.I32, 2)
                .integer("axis", 1);
        assertThat(run(TestKernels.GATHER, binding, Map.of("data", data, "indices", indices)))
                .isEqualTo(HostTensor.ofIntegers(DType.I8, new long[] {3, 1, 6, 4}, 2, 2));
        HostTensor beyond = HostTensor.ofIntegers(DType.I32, new long[] {2, 3}, 2);
        assertThatThrownBy(() -> run(TestKernels.GATHER, binding, Map.of("data", data, "indices", beyond)))
                .isInstanceOf(InterpreterException.class)
                .hasMessageContaining("index 3 is outside axis 1 of data of shape [2, 3]");
    }

    @Test
    void concatAlongAnAxis() {
        Binding binding = Binding.of("c")
                .tensors("xs", Dense.of(DType.F32, 2, 1), Dense.of(DType.F32, 2, 2))
                .integer("axis", 1);
        Map<String, HostTensor> inputs = Map.of(
                "xs0", HostTensor.of(new float[] {1, 2}, 2, 1), "xs1", HostTensor.of(new float[] {3, 4, 5, 6}, 2, 2));
        assertThat(run(TestKernels.CONCAT, binding, inputs))
                .isEqualTo(HostTensor.of(new float[] {1, 3, 4, 2, 5, 6}, 2, 3));
    }

    @Test
    void sumsOfAnyRankInAxisOrder() {
        float[] x = floats(2 * 3 * 4);
        float[] expected = new float[3];
        for (int i = 0; i < 2; i++) {
            for (int k = 0; k < 4; k++) {
                for (int j = 0; j < 3; j++) {
                    expected[j] += x[(i * 3 + j) * 4 + k];
                }
            }
        }
        Binding binding = Binding.of("r").tensor("x", DType.F32, 2, 3, 4).ints("axes", 0, 2);
        assertThat(run(TestKernels.REDUCE_SUM, binding, Map.of("x", HostTensor.of(x, 2, 3, 4))))
                .isEqualTo(HostTensor.of(expected, 3));
    }

    @Test
    void aNanIsTheGreatest() {
        float[] x = {1, 3, 3, 2, Float.NaN, 9, Float.NaN, -1, -2, -5, -0f, 0f};
        assertThat(run(
                        TestKernels.ARG_MAX,
                        Binding.of("a").tensor("x", DType.F32, 3, 4),
                        Map.of("x", HostTensor.of(x, 3, 4))))
                .isEqualTo(HostTensor.ofIntegers(DType.I64, new long[] {1, 0, 2}, 3));
    }

    @Test
    void raggedAverage() {
        float[] x = floats(9);
        float[] expected = new float[9];
        for (int i = 0; i < 9; i++) {
            int low = Math.max(i - 2, 0);
            int high = Math.min(i + 3, 9);
            float sum = 0;
            for (int j = low; j < high; j++) {
                sum += x[j];
            }
            expected[i] = sum / (high - low);
        }
        Binding binding = Binding.of("a").tensor("x", DType.F32, 9).integer("radius", 2);
        assertThat(run(TestKernels.RAGGED_AVERAGE, binding, Map.of("x", HostTensor.of(x, 9))))
                .isEqualTo(HostTensor.of(expected, 9));
    }

    @Test
    void winogradOnSmallIntegersIsExact() {
        float[] x = {1, 2, 3, 4, 5, 6, 7, 8};
        float[] w = {2, -4, 6};
        float[] expected = new float[6];
        for (int i = 0; i < 6; i++) {
            expected[i] = x[i] * w[0] + x[i + 1] * w[1] + x[i + 2] * w[2];
        }
        Binding binding = Binding.of("w").tensor("x", DType.F32, 8).tensor("w", DType.F32, 3);
        assertThat(run(TestKernels.WINOGRAD, binding, Map.of("x", HostTensor.of(x, 8), "w", HostTensor.of(w, 3))))
                .isEqualTo(HostTensor.of(expected, 6));
    }

    @Test
    void shortTypesRoundOnceAtTheEnd() {
        Binding binding = Binding.of("m").tensor("a", DType.F16, 1, 3).tensor("b", DType.F16, 3, 1);
        HostTensor a = HostTensor.ofReals(DType.F16, new double[] {2048, 1, 1}, 1, 3);
        HostTensor b = HostTensor.ofReals(DType.F16, new double[] {1, 1, 1}, 3, 1);
        assertThat(run(TestKernels.MATMUL, binding, Map.of("a", a, "b", b)))
                .as("in fp16 2048 + 1 would be 2048 again and again")
                .isEqualTo(HostTensor.ofReals(DType.F16, new double[] {2050}, 1, 1));
    }

    @Test
    void integersWrapInTheirType() {
        KernelSpec triple = TestKernels.elementwise("input int x\n", "x * 3");
        HostTensor x = HostTensor.ofIntegers(DType.U8, new long[] {100, 200}, 2);
        assertThat(run(triple, Binding.of("t").tensor("x", DType.U8, 2), Map.of("x", x)))
                .isEqualTo(HostTensor.ofIntegers(DType.U8, new long[] {44, 88}, 2));
    }

    @Test
    void sizesOfRunTimeComeFromTheInputs() {
        Binding binding = Binding.of("m")
                .tensor("a", DType.F32, List.of(new Expr.Param("m", 1, 8, 1), Expr.index(2)))
                .tensor("b", DType.F32, 2, 1);
        Map<String, HostTensor> inputs = Map.of(
                "a",
                HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2),
                "b",
                HostTensor.of(new float[] {10, 1}, 2, 1));
        assertThat(run(TestKernels.MATMUL, binding, inputs)).isEqualTo(HostTensor.of(new float[] {12, 34, 56}, 3, 1));
    }

    private static HostTensor run(KernelSpec spec, Binding binding, Map<String, HostTensor> inputs) {
        return Optional.ofNullable(Interpreter.run(Specializer.specialize(spec, binding), inputs)
                        .get("out"))
                .orElseThrow();
    }

    private float[] floats(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}

package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComputeInIntegersTest {
    private static NdArray bytes(DType type, int... shape) {
        NdArray array = NdArray.allocate(type, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, 37 * i % 251 - (type == DType.I8 ? 125 : 0));
        }
        return array;
    }

    private static TestGraph quantizedInput(DType type, int... shape) {
        return new TestGraph()
                .input("x", type, shape)
                .constant("s", NdArray.scalar(0.25f))
                .constant("p", NdArray.scalar(1L).convert(type))
                .node("dx", "DequantizeLinear", "x s p", "xf", "axis", 1);
    }

    /** A convolution, quantised as ONNX Runtime does it: filters with a scale each, a bias at the scale of products. */
    private static TestGraph convolution(int group) {
        return quantizedInput(DType.U8, 1, 4, 5, 5)
                .constant("w", bytes(DType.I8, 2, 4 / group, 3, 3))
                .constant("t", NdArray.of(new float[] {0.5f, 2}, 2))
                .constant("q", NdArray.allocate(DType.I8, 2))
                .node("dw", "DequantizeLinear", "w t q", "wf", "axis", 0)
                .constant("b", NdArray.of(new int[] {3, -5}, 2))
                .constant("u", NdArray.of(new float[] {0.125f, 0.5f}, 2))
                .node("db", "DequantizeLinear", "b u", "bf", "axis", 0)
                .node("conv1", "Conv", "xf wf bf", "c", "group", group, "pads", new long[] {1, 1, 1, 1})
                .node("relu1", "Relu", "c", "r")
                .constant("v", NdArray.scalar(4f))
                .constant("z", NdArray.scalar(3L).convert(DType.U8))
                .node("q1", "QuantizeLinear", "r v z", "y", "axis", 1);
    }

    @Test
    void aConvolutionOfBytes() {
        Graph before = Evaluation.inferred(convolution(1).outputs("y"));
        Graph after = ComputeInIntegers.apply(before);
        assertThat(after.toString()).contains("""
              conv1_sums: i32[1, 2, 5, 5] = ConvInteger(x, w, p) {group=1, pads=[1, 1, 1, 1]}  # conv1
              conv1_unbiased: f32[1, 2, 5, 5] = DequantizeLinear(conv1_sums, conv1_scale) {axis=1}  # conv1_dequantized
              c: f32[1, 2, 5, 5] = Add(conv1_unbiased, conv1_bias)  # conv1_biased
              r: f32[1, 2, 5, 5] = Relu(c)  # relu1
              y: u8[1, 2, 5, 5] = QuantizeLinear(r, v, z) {axis=1}  # q1
            """);
        assertThat(after.nodes().getFirst().sources()).containsExactly("dx", "dw", "conv1");
        assertThat(after.constant("conv1_scale").orElseThrow().toDoubleArray()).containsExactly(0.125, 0.5);
        assertThat(after.constant("conv1_bias").orElseThrow().toDoubleArray()).containsExactly(0.375, -2.5);
        Evaluation.assertSame(before, after);
    }

    @Test
    void aConvolutionInGroups() {
        Graph before = Evaluation.inferred(convolution(2).outputs("y"));
        Graph after = ComputeInIntegers.apply(before);
        assertThat(after.toString()).contains("ConvInteger(x, w, p) {group=2,").doesNotContain(" = Conv(");
        Evaluation.assertSame(before, after);
    }

    @Test
    void aDepthwiseConvolution() {
        Graph before = Evaluation.inferred(quantizedInput(DType.U8, 1, 4, 5, 5)
                .constant("w", bytes(DType.I8, 4, 1, 3, 3))
                .constant("t", NdArray.of(new float[] {0.5f, 2, 1, 0.25f}, 4))
                .node("dw", "DequantizeLinear", "w t", "wf", "axis", 0)
                .node("conv1", "Conv", "xf wf", "y", "group", 4, "pads", new long[] {1, 1, 1, 1})
                .outputs("y"));
        Graph after = ComputeInIntegers.apply(before);
        assertThat(after.toString()).contains("ConvInteger(x, w, p) {group=4,").doesNotContain(" = Conv(");
        assertThat(after.constant("conv1_scale").orElseThrow().toDoubleArray())
                .containsExactly(0.125, 0.5, 0.25, 0.0625);
        Evaluation.assertSame(before, after);
    }

    @ParameterizedTest
    @CsvSource({"Gemm, 0", "Gemm, 1", "MatMul, 0"})
    void aProductOfMatrices(String operator, int transposed) {
        TestGraph graph = quantizedInput(DType.I8, 3, 6)
                .constant("w", transposed == 1 ? bytes(DType.U8, 4, 6) : bytes(DType.U8, 6, 4))
                .constant("t", NdArray.of(new float[] {0.5f, 2, 1, 0.25f}, 4))
                .constant("q", bytes(DType.U8, 4))
                .node("dw", "DequantizeLinear", "w t q", "wf", "axis", transposed == 1 ? 0 : -1)
                .constant("b", NdArray.of(new float[] {1, 2, 3, 4}, 4));
        if (operator.equals("Gemm")) {
            graph.node("fc", "Gemm", "xf wf b", "y", "transB", transposed, "transA", 0, "alpha", 1f, "beta", 1f);
        } else {
            graph.node("fc", "MatMul", "xf wf", "y");
        }
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = ComputeInIntegers.apply(before);
        assertThat(after.toString())
                .contains(
                        transposed == 1
                                ? "MatMulInteger(x, fc_columns, p, q)"
                                : "fc_sums: i32[3, 4] = MatMulInteger(x, w, p, q)")
                .doesNotContain(" = " + operator + "(");
        Evaluation.assertSame(before, after);
    }

    @Test
    void ofTwoComputedFactorsNoneIsPacked() {
        Graph graph = Evaluation.inferred(quantizedInput(DType.I8, 6, 6)
                .node("mm", "MatMul", "xf xf", "y")
                .outputs("y"));
        assertThat(ComputeInIntegers.apply(graph)).isSameAs(graph);
    }
}

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
import org.junit.jupiter.params.provider.ValueSource;

class FoldAffineTest {
    /** Asserts that nothing but the layer is left, and that it computes what all of them did. */
    private static Graph assertFolds(TestGraph graph, String layer) {
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = FoldAffine.apply(before);
        assertThat(after.nodes()).hasSize(1);
        assertThat(after.nodes().getFirst().operator().name()).isEqualTo(layer);
        Evaluation.assertSame(before, after);
        return after;
    }

    private static void assertStays(TestGraph graph, String... outputs) {
        Graph before = Evaluation.inferred(graph.outputs(outputs));
        assertThat(FoldAffine.apply(before)).isSameAs(before);
    }

    private static TestGraph maps() {
        return new TestGraph()
                .input("x", DType.F32, 2, 4, 5, 5)
                .weights("w", 6, 2, 3, 3)
                .weights("b", 6)
                .weights("six", 6, 1, 1)
                .weights("four", 1, 4, 1, 1)
                .weights("one", 1);
    }

    private static TestGraph convolution(TestGraph graph, String from, String to, long... pads) {
        return graph.node("conv1", "Conv", from, to, "group", 2, "pads", pads);
    }

    private static TestGraph convolution(String from, String to, long... pads) {
        return convolution(maps(), from, to, pads);
    }

    @Test
    void aFactorAfterAConvolutionGoesIntoItsWeightsAndBias() {
        Graph before = Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 1, 1, 4, 4)
                .constant("w", NdArray.of(new float[] {2, 3}, 2, 1, 1, 1))
                .constant("b", NdArray.of(new float[] {1, 5}, 2))
                .constant("s", NdArray.of(new float[] {10, 100}, 2, 1, 1))
                .node("conv1", "Conv", "x w b", "c", "group", 1)
                .node("mul1", "Mul", "c s", "y")
                .outputs("y"));
        Graph after = FoldAffine.apply(before);
        assertThat(after).hasToString("""
            graph g
              input x: f32[1, 1, 4, 4]
              constant conv1_weights: f32[2, 1, 1, 1]
              constant conv1_bias: f32[2]
              y: f32[1, 2, 4, 4] = Conv(x, conv1_weights, conv1_bias) {group=1}  # conv1+mul1
              output y
            """);
        assertThat(after.constant("conv1_weights")).contains(NdArray.of(new float[] {20, 300}, 2, 1, 1, 1));
        assertThat(after.constant("conv1_bias")).contains(NdArray.of(new float[] {10, 500}, 2));
        assertThat(after.nodes().getFirst().sources()).containsExactly("conv1", "mul1");
    }

    @ParameterizedTest
    @CsvSource({
        "Mul, c six",
        "Mul, six c",
        "Div, c six",
        "Add, c six",
        "Add, six c",
        "Sub, c six",
        "Sub, six c",
        "Mul, c one"
    })
    void arithmeticAfterAGroupedConvolution(String operator, String operands) {
        assertFolds(convolution("x w b", "c", 1, 1, 1, 1).node("after", operator, operands, "y"), "Conv");
        assertFolds(convolution("x w", "c", 1, 1, 1, 1).node("after", operator, operands, "y"), "Conv");
    }

    @ParameterizedTest
    @CsvSource({"Mul, x four", "Mul, four x", "Div, x four", "Add, x four", "Sub, x four", "Sub, four x", "Add, one x"})
    void arithmeticBeforeAGroupedConvolution(String operator, String operands) {
        TestGraph graph = convolution(maps().node("before", operator, operands, "a"), "a w b", "y", 0, 0, 0, 0);
        assertFolds(graph, "Conv");
    }

    @Test
    void aNormalizationBeforeAConvolution() {
        TestGraph graph = maps().weights("scale", 4)
                .weights("beta", 4)
                .weights("mean", 4)
                .weights("variance", 4)
                .node("bn1", "BatchNormalization", "x scale beta mean variance", "a", "epsilon", 1e-3f);
        assertFolds(convolution(graph, "a w", "y", 0, 0, 0, 0), "Conv");
    }

    @Test
    void aChainFoldsLinkByLink() {
        assertFolds(
                convolution(
                                maps().node("sub", "Sub", "x four", "a").node("div", "Div", "a one", "a2"),
                                "a2 w b",
                                "c",
                                0,
                                0,
                                0,
                                0)
                        .node("mul", "Mul", "c six", "d")
                        .node("add", "Add", "d one", "y"),
                "Conv");
    }

    /** At the border the convolution sees zeros, not zeros and the summand. */
    @Test
    void aSummandBeforeAPaddedConvolutionStays() {
        assertStays(convolution(maps().node("before", "Add", "x four", "a"), "a w b", "y", 1, 1, 1, 1), "y");
        assertFolds(convolution(maps().node("before", "Mul", "x four", "a"), "a w b", "y", 1, 1, 1, 1), "Conv");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mul", "Add"})
    void transposedConvolution(String operator) {
        assertFolds(
                new TestGraph()
                        .input("x", DType.F32, 1, 4, 5, 5)
                        .weights("w", 4, 3, 3, 3)
                        .weights("six", 6, 1, 1)
                        .node("up1", "ConvTranspose", "x w", "c", "group", 2)
                        .node("after", operator, "c six", "y"),
                "ConvTranspose");
        assertFolds(
                new TestGraph()
                        .input("x", DType.F32, 1, 4, 5, 5)
                        .weights("w", 4, 3, 3, 3)
                        .weights("four", 4, 1, 1)
                        .node("before", "Mul", "four x", "a")
                        .node("up1", "ConvTranspose", "a w", "y", "group", 2),
                "ConvTranspose");
    }

    @ParameterizedTest
    @CsvSource({"0, Mul", "1, Mul", "0, Sub", "1, Sub"})
    void gemm(int transposed, String operator) {
        TestGraph graph = new TestGraph()
                .input("x", DType.F32, 3, 4)
                .weights("four", 4)
                .weights("six", 1, 6)
                .weights("b", 6)
                .node("before", operator, "x four", "a")
                .node("gemm1", "Gemm", "a w b", "c", "transA", 0, "transB", transposed, "alpha", 1f, "beta", 1f)
                .node("after", operator, "c six", "y");
        assertFolds(transposed == 0 ? graph.weights("w", 4, 6) : graph.weights("w", 6, 4), "Gemm");
    }

    @Test
    void aMatrixProductTakesFactors() {
        assertFolds(
                new TestGraph()
                        .input("x", DType.F32, 2, 3, 4)
                        .weights("w", 4, 6)
                        .weights("four", 4)
                        .weights("one")
                        .node("before", "Mul", "x four", "a")
                        .node("matmul1", "MatMul", "a w", "c")
                        .node("after", "Div", "c one", "y"),
                "MatMul");
    }

    @Test
    void aMatrixProductHasNoBiasForASummand() {
        assertStays(
                new TestGraph()
                        .input("x", DType.F32, 3, 4)
                        .weights("w", 4, 6)
                        .weights("six", 6)
                        .node("matmul1", "MatMul", "x w", "c")
                        .node("after", "Add", "c six", "y"),
                "y");
    }

    @Test
    void whatOthersReadStays() {
        assertStays(convolution("x w b", "c", 0, 0, 0, 0).node("after", "Mul", "c six", "y"), "y", "c");
        assertStays(convolution(maps().node("before", "Mul", "x four", "a"), "a w b", "y", 0, 0, 0, 0), "y", "a");
    }

    @Test
    void factorsAlongAnotherAxisStay() {
        assertStays(convolution("x w b", "c", 1, 1, 1, 1).weights("row", 5, 1).node("after", "Mul", "c row", "y"), "y");
        assertStays(
                convolution("x w b", "c", 1, 1, 1, 1).weights("all", 6, 5, 5).node("after", "Mul", "c all", "y"), "y");
    }

    /** It adds an axis, which the convolution does not have. */
    @Test
    void aFactorThatBroadcastsTheResultStays() {
        assertStays(
                convolution("x w b", "c", 1, 1, 1, 1)
                        .weights("s", 1, 1, 1, 1, 1)
                        .node("after", "Mul", "c s", "y"),
                "y");
    }

    @Test
    void anInverseStays() {
        assertStays(convolution("x w b", "c", 1, 1, 1, 1).node("after", "Div", "six c", "y"), "y");
    }

    @Test
    void weightsThatWouldNotBeFiniteStay() {
        assertStays(
                convolution("x w b", "c", 1, 1, 1, 1)
                        .constant("zero", NdArray.scalar(0f))
                        .node("after", "Div", "c zero", "y"),
                "y");
    }
}

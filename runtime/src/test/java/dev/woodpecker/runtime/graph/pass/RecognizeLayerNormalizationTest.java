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

class RecognizeLayerNormalizationTest {
    private static TestGraph rows() {
        return new TestGraph()
                .input("x", DType.F32, 2, 3, 8)
                .weights("scale", 8)
                .weights("bias", 8)
                .constant("last", NdArray.of(new long[] {-1}, 1))
                .constant("two", NdArray.scalar(2f))
                .constant("one", NdArray.scalar(1f))
                .constant("epsilon", NdArray.scalar(0.125f))
                .node("mean1", "ReduceMean", "x last", "m", "keepdims", 1)
                .node("sub1", "Sub", "x m", "d")
                .node("pow1", "Pow", "d two", "p");
    }

    private static TestGraph deviation(TestGraph graph, String plus) {
        return graph.node("mean2", "ReduceMean", "p last", "v", "keepdims", 1)
                .node("add1", "Add", plus, "e")
                .node("sqrt1", "Sqrt", "e", "s");
    }

    private static TestGraph deviation() {
        return deviation(rows(), "v epsilon");
    }

    private static Graph assertRecognized(TestGraph graph) {
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = RemoveDeadNodes.apply(RecognizeLayerNormalization.apply(before));
        assertThat(after.nodes()).hasSize(1);
        assertThat(after.nodes().getFirst().operator().name()).isEqualTo("LayerNormalization");
        Evaluation.assertSame(before, after);
        return after;
    }

    private static void assertStays(TestGraph graph, String... outputs) {
        Graph before = Evaluation.inferred(graph.outputs(outputs));
        assertThat(RecognizeLayerNormalization.apply(before)).isSameAs(before);
    }

    @Test
    void theFormOfPyTorchBecomesOneNode() {
        Graph after = assertRecognized(deviation()
                .node("div1", "Div", "d s", "n")
                .node("mul1", "Mul", "n scale", "t")
                .node("add2", "Add", "t bias", "y"));
        assertThat(after).hasToString("""
            graph g
              input x: f32[2, 3, 8]
              constant add2/layer_norm_bias: f32[8]
              constant add2/layer_norm_scale: f32[8]
              y: f32[2, 3, 8] = LayerNormalization(x, add2/layer_norm_scale, add2/layer_norm_bias) {axis=-1, epsilon=0.125, stash_type=f32}  # add2/layer_norm
              output y
            """);
        assertThat(after.nodes().getFirst().sources())
                .containsExactly("mean1", "sub1", "pow1", "mean2", "add1", "sqrt1", "div1", "mul1", "add2");
    }

    /** TensorFlow's batchnorm form: x * f + (b - mean * f). */
    @ParameterizedTest
    @CsvSource({"Sub, x m, Reciprocal, s", "Sub, m x, Reciprocal, s", "Sub, m x, Div, one s"})
    void theFormOfTensorFlowBecomesOneNode(String sub, String difference, String inverse, String of) {
        assertRecognized(new TestGraph()
                .input("x", DType.F32, 2, 3, 8)
                .weights("scale", 8)
                .weights("bias", 8)
                .constant("last", NdArray.of(new long[] {2}, 1))
                .constant("one", NdArray.scalar(1f))
                .constant("epsilon", NdArray.scalar(0.125f))
                .node("mean1", "ReduceMean", "x last", "m", "keepdims", 1)
                .node("sub1", sub, difference, "d")
                .node("square1", "Mul", "d d", "p")
                .node("mean2", "ReduceMean", "p last", "v", "keepdims", 1)
                .node("add1", "Add", "epsilon v", "e")
                .node("sqrt1", "Sqrt", "e", "s")
                .node("inverse1", inverse, of, "r")
                .node("mul1", "Mul", "scale r", "f")
                .node("mul2", "Mul", "m f", "mf")
                .node("mul3", "Mul", "f x", "xf")
                .node("sub2", "Sub", "bias mf", "b")
                .node("add2", "Add", "b xf", "y"));
    }

    /** Old exporters subtract the mean twice. */
    @Test
    void theDifferenceMayBeComputedTwice() {
        assertRecognized(deviation()
                .node("sub2", "Sub", "x m", "d2")
                .node("div1", "Div", "d2 s", "n")
                .node("mul1", "Mul", "scale n", "t")
                .node("add2", "Add", "bias t", "y"));
    }

    @Test
    void scaleAndBiasMayBeAbsent() {
        assertRecognized(deviation().node("div1", "Div", "d s", "y"));
        assertRecognized(deviation().node("div1", "Div", "d s", "n").node("mul1", "Mul", "n scale", "y"));
        assertRecognized(deviation(rows(), "epsilon v")
                .node("inverse1", "Reciprocal", "s", "r")
                .node("mul1", "Mul", "r d", "y"));
    }

    /** What is computed is no scale: it is multiplied afterwards. */
    @Test
    void aComputedFactorStaysBehindIt() {
        Graph before = Evaluation.inferred(deviation()
                .input("gate", DType.F32, 8)
                .node("div1", "Div", "d s", "n")
                .node("mul1", "Mul", "n gate", "y")
                .outputs("y"));
        Graph after = RecognizeLayerNormalization.apply(before);
        assertThat(after.nodes())
                .extracting(node -> node.operator().name())
                .containsExactlyInAnyOrder("LayerNormalization", "Mul");
        Evaluation.assertSame(before, after);
    }

    @ParameterizedTest
    @ValueSource(strings = {"m", "d", "v", "s"})
    void whatElseIsReadStays(String output) {
        assertStays(deviation().node("div1", "Div", "d s", "y"), "y", output);
    }

    @Test
    void otherPowersStay() {
        TestGraph cubes = new TestGraph()
                .input("x", DType.F32, 2, 3, 8)
                .constant("last", NdArray.of(new long[] {-1}, 1))
                .constant("three", NdArray.scalar(3f))
                .constant("epsilon", NdArray.scalar(100f))
                .node("mean1", "ReduceMean", "x last", "m", "keepdims", 1)
                .node("sub1", "Sub", "x m", "d")
                .node("pow1", "Pow", "d three", "p");
        assertStays(deviation(cubes, "v epsilon").node("div1", "Div", "d s", "y"), "y");
    }

    @Test
    void theMeanOfAnotherAxisOrOfAnotherValueStays() {
        TestGraph columns = new TestGraph()
                .input("x", DType.F32, 2, 3, 8)
                .constant("last", NdArray.of(new long[] {1}, 1))
                .constant("two", NdArray.scalar(2f))
                .constant("epsilon", NdArray.scalar(0.125f))
                .node("mean1", "ReduceMean", "x last", "m", "keepdims", 1)
                .node("sub1", "Sub", "x m", "d")
                .node("pow1", "Pow", "d two", "p");
        assertStays(deviation(columns, "v epsilon").node("div1", "Div", "d s", "y"), "y");
        TestGraph other = new TestGraph()
                .input("x", DType.F32, 2, 3, 8)
                .input("z", DType.F32, 2, 3, 8)
                .constant("last", NdArray.of(new long[] {-1}, 1))
                .constant("two", NdArray.scalar(2f))
                .constant("epsilon", NdArray.scalar(0.125f))
                .node("mean1", "ReduceMean", "z last", "m", "keepdims", 1)
                .node("sub1", "Sub", "x m", "d")
                .node("pow1", "Pow", "d two", "p");
        assertStays(deviation(other, "v epsilon").node("div1", "Div", "d s", "y"), "y");
    }

    @Test
    void theDeviationDividedByTheDifferenceStays() {
        assertStays(deviation().node("div1", "Div", "s d", "y"), "y");
    }
}

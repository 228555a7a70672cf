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

class RecognizeGeluTest {
    private static TestGraph constants() {
        return new TestGraph()
                .input("x", DType.F32, 3, 8)
                .constant("one", NdArray.scalar(1f))
                .constant("half", NdArray.scalar(0.5f))
                .constant("two", NdArray.scalar(2f))
                .constant("three", NdArray.scalar(3f))
                .constant("cubic", NdArray.scalar(0.044715f))
                .constant("sqrt2", NdArray.of(new float[] {1.4142135f}, 1))
                .constant("sqrtHalf", NdArray.scalar(0.70710677f))
                .constant("sqrt2OverPi", NdArray.scalar(0.7978846f));
    }

    private static TestGraph erf(String operator, String argument, String sum) {
        return constants()
                .node("scaled1", operator, argument, "d")
                .node("erf1", "Erf", "d", "e")
                .node("add1", "Add", sum, "a");
    }

    private static TestGraph erf() {
        return erf("Div", "x sqrt2", "e one");
    }

    private static Graph assertRecognized(TestGraph graph, String approximate) {
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = RemoveDeadNodes.apply(RecognizeGelu.apply(before));
        assertThat(after.nodes()).hasSize(1);
        assertThat(after.nodes().getFirst().operator().name()).isEqualTo("Gelu");
        assertThat(after.nodes().getFirst().text("approximate")).isEqualTo(approximate);
        Evaluation.assertSame(before, after);
        return after;
    }

    private static void assertStays(TestGraph graph, String... outputs) {
        Graph before = Evaluation.inferred(graph.outputs(outputs));
        assertThat(RecognizeGelu.apply(before)).isSameAs(before);
    }

    @Test
    void theFormOfPyTorchBecomesOneNode() {
        Graph after =
                assertRecognized(erf().node("mul1", "Mul", "x a", "m").node("mul2", "Mul", "m half", "y"), "none");
        assertThat(after).hasToString("""
            graph g
              input x: f32[3, 8]
              y: f32[3, 8] = Gelu(x) {approximate="none"}  # mul2/gelu
              output y
            """);
        assertThat(after.nodes().getFirst().sources()).containsExactly("scaled1", "erf1", "add1", "mul1", "mul2");
    }

    @ParameterizedTest
    @CsvSource({"Mul, x sqrtHalf, e one", "Mul, sqrtHalf x, one e", "Div, x sqrt2, one e"})
    void operandsMayBeInAnyOrder(String operator, String argument, String sum) {
        assertRecognized(
                erf(operator, argument, sum).node("mul1", "Mul", "a x", "m").node("mul2", "Mul", "half m", "y"),
                "none");
    }

    @Test
    void theProductMayBeBracketedOtherwise() {
        assertRecognized(erf().node("mul1", "Mul", "half x", "h").node("mul2", "Mul", "h a", "y"), "none");
        assertRecognized(erf().node("mul1", "Mul", "a half", "h").node("mul2", "Mul", "x h", "y"), "none");
        assertRecognized(erf().node("mul1", "Mul", "x a", "h").node("div2", "Div", "h two", "y"), "none");
    }

    private static TestGraph tanh(TestGraph inner) {
        return inner.node("mul3", "Mul", "t sqrt2OverPi", "u")
                .node("tanh1", "Tanh", "u", "e")
                .node("add1", "Add", "e one", "a")
                .node("half1", "Mul", "x half", "h")
                .node("mul4", "Mul", "h a", "y");
    }

    @Test
    void theApproximationByTanh() {
        assertRecognized(
                tanh(constants()
                        .node("pow1", "Pow", "x three", "p")
                        .node("mul1", "Mul", "p cubic", "q")
                        .node("add0", "Add", "x q", "t")),
                "tanh");
        assertRecognized(
                tanh(constants()
                        .node("mul1", "Mul", "x x", "p")
                        .node("mul2", "Mul", "p x", "q")
                        .node("mul5", "Mul", "cubic q", "r")
                        .node("add0", "Add", "r x", "t")),
                "tanh");
    }

    /** x * (1 + 0.044715 * x * x) instead of x + 0.044715 * x^3. */
    @Test
    void theApproximationByTanhFactoredOut() {
        assertRecognized(
                tanh(constants()
                        .node("mul1", "Mul", "x cubic", "p")
                        .node("mul2", "Mul", "p x", "q")
                        .node("add0", "Add", "one q", "r")
                        .node("mul5", "Mul", "x r", "t")),
                "tanh");
    }

    @Test
    void otherConstantsStay() {
        assertStays(
                erf("Div", "x two", "e one").node("mul1", "Mul", "x a", "m").node("mul2", "Mul", "m half", "y"), "y");
        assertStays(
                erf("Div", "x sqrt2", "e two").node("mul1", "Mul", "x a", "m").node("mul2", "Mul", "m half", "y"), "y");
        assertStays(erf().node("mul1", "Mul", "x a", "m").node("mul2", "Mul", "m two", "y"), "y");
    }

    @Test
    void theProductWithAnotherValueStays() {
        assertStays(
                erf().input("z", DType.F32, 3, 8)
                        .node("mul1", "Mul", "z a", "m")
                        .node("mul2", "Mul", "m half", "y"),
                "y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"d", "e", "a", "m"})
    void whatElseIsReadStays(String output) {
        assertStays(erf().node("mul1", "Mul", "x a", "m").node("mul2", "Mul", "m half", "y"), "y", output);
    }

    @Test
    void anotherPolynomialStays() {
        assertStays(
                tanh(constants()
                        .node("pow1", "Pow", "x two", "p")
                        .node("mul1", "Mul", "p cubic", "q")
                        .node("add0", "Add", "x q", "t")),
                "y");
    }
}

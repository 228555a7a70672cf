package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;

class DelayReshapesTest {
    /** A product of [6, 4] seen as [2, 3, 4]. */
    private static TestGraph product() {
        return new TestGraph()
                .input("x", DType.F32, 6, 5)
                .input("other", DType.F32, 2, 3, 4)
                .weights("w", 5, 4)
                .weights("bias", 1, 1, 4)
                .constant("shape", NdArray.of(new long[] {2, 3, 4}, 3))
                .node("matmul1", "MatMul", "x w", "m")
                .node("reshape1", "Reshape", "m shape", "r", "allowzero", 0);
    }

    private static Graph moved(TestGraph graph) {
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = DelayReshapes.apply(before);
        Evaluation.assertSame(before, after);
        return after;
    }

    private static void assertStays(TestGraph graph, String... outputs) {
        Graph before = Evaluation.inferred(graph.outputs(outputs));
        assertThat(DelayReshapes.apply(before)).isSameAs(before);
    }

    @Test
    void biasAndActivationFollowTheProduct() {
        Graph after = RemoveDeadNodes.apply(moved(
                product().node("add1", "Add", "bias r", "a").node("gelu1", "Gelu", "a", "y", "approximate", "none")));
        assertThat(after.nodes())
                .extracting(node -> node.operator().name())
                .containsExactly("MatMul", "Add", "Gelu", "Reshape");
        assertThat(after.nodes().get(2).inputs()).isEqualTo(after.nodes().get(1).outputs());
        assertThat(after.nodes().get(3).outputs()).hasToString("[y]");
    }

    /** A residual sum: the other summand is seen in the product's shape, which costs nothing. */
    @Test
    void anotherValueIsReshaped() {
        Graph after = moved(product().node("add1", "Add", "other r", "y"));
        assertThat(after.nodes())
                .extracting(node -> node.operator().name())
                .containsExactlyInAnyOrder("MatMul", "Reshape", "Add", "Reshape");
        assertThat(after.toString()).contains("add1_operand: f32[6, 4] = Reshape(other");
    }

    @Test
    void aScalarFitsEveryShape() {
        Graph after = moved(
                product().constant("two", NdArray.of(new float[] {2}, 1, 1)).node("div1", "Div", "r two", "y"));
        assertThat(after.nodes().get(1).operator().name()).isEqualTo("Div");
    }

    @Test
    void constantsAlongOtherAxesStay() {
        assertStays(product().weights("rows", 3, 1).node("add1", "Add", "r rows", "y"), "y");
        assertStays(product().weights("all", 2, 3, 4).node("add1", "Add", "r all", "y"), "y");
    }

    @Test
    void columnsThatTheReshapeSplitsStay() {
        assertStays(
                new TestGraph()
                        .input("x", DType.F32, 3, 5)
                        .weights("w", 5, 8)
                        .weights("bias", 4)
                        .constant("shape", NdArray.of(new long[] {3, 2, 4}, 3))
                        .node("matmul1", "MatMul", "x w", "m")
                        .node("reshape1", "Reshape", "m shape", "r", "allowzero", 0)
                        .node("add1", "Add", "r bias", "y"),
                "y");
    }

    @Test
    void aReshapeThatOthersReadStays() {
        assertStays(product().node("add1", "Add", "r bias", "y"), "y", "r");
        assertStays(product().node("add1", "Add", "r bias", "y"), "y", "m");
    }

    @Test
    void aReshapeOfSomethingElseStays() {
        assertStays(
                new TestGraph()
                        .input("x", DType.F32, 6, 4)
                        .constant("shape", NdArray.of(new long[] {2, 3, 4}, 3))
                        .node("reshape1", "Reshape", "x shape", "r", "allowzero", 0)
                        .node("relu1", "Relu", "r", "y"),
                "y");
    }
}

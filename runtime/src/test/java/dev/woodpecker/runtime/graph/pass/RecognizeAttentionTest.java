package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecognizeAttentionTest {
    private static final Attribute LAST = Attribute.of(-1L);

    /** Two heads of five queries and three keys. */
    private static TestGraph matrices() {
        return new TestGraph()
                .input("q", DType.F32, 1, 2, 5, 4)
                .input("k", DType.F32, 1, 2, 3, 4)
                .input("v", DType.F32, 1, 2, 3, 6)
                .input("mask", DType.F32, 1, 1, 1, 3)
                .constant("two", NdArray.scalar(2f))
                .constant("half", NdArray.scalar(0.5f))
                .constant("quarter", NdArray.of(new float[] {0.25f}, 1));
    }

    private static TestGraph transposed(TestGraph graph) {
        return graph.node("columns", "Transpose", "k", "t", "perm", Attribute.of(0L, 1L, 3L, 2L));
    }

    /** What follows the scaled scores {@code s}. */
    private static TestGraph weighted(TestGraph graph, String logits) {
        return graph.node("softmax1", "Softmax", logits, "w", "axis", LAST).node("matmul2", "MatMul", "w v", "y");
    }

    private static Graph assertRecognized(TestGraph graph, double scale) {
        Graph before = Evaluation.inferred(graph.outputs("y"));
        Graph after = RemoveDeadNodes.apply(RecognizeAttention.apply(before));
        assertThat(after.nodes()).noneMatch(node -> node.operator().isOnnx("MatMul"));
        Node attention = after.nodes().stream()
                .filter(node -> node.operator().isOnnx("Attention"))
                .findFirst()
                .orElseThrow();
        assertThat(attention.number("scale")).isCloseTo((float) scale, within(1e-6f));
        Evaluation.assertSame(before, after);
        return after;
    }

    private static void assertStays(TestGraph graph, String... outputs) {
        Graph before = Evaluation.inferred(graph.outputs(outputs));
        assertThat(RecognizeAttention.apply(before)).isSameAs(before);
    }

    @Test
    void productsOfQueriesAndKeysScaledMaskedAndWeightedAreOneNode() {
        TestGraph graph = transposed(matrices())
                .node("matmul1", "MatMul", "q t", "p")
                .node("div1", "Div", "p two", "s")
                .node("add1", "Add", "s mask", "m");
        Graph after = assertRecognized(weighted(graph, "m"), 0.5);
        assertThat(after).hasToString("""
            graph g
              input q: f32[1, 2, 5, 4]
              input k: f32[1, 2, 3, 4]
              input v: f32[1, 2, 3, 6]
              input mask: f32[1, 1, 1, 3]
              y: f32[1, 2, 5, 6] = Attention(q, k, v, mask) {is_causal=0, left_window_size=-1, qk_matmul_output_mode=0, \
            right_window_size=-1, scale=0.5, softcap=0.0}  # matmul2/attention
              output y
            """);
        assertThat(after.nodes().getFirst().sources())
                .containsExactly("columns", "matmul1", "div1", "add1", "softmax1", "matmul2");
    }

    @ParameterizedTest
    @CsvSource({"Mul, p half, 0.5", "Mul, half p, 0.5", "Div, p two, 0.5", "Mul, p quarter, 0.25"})
    void theScaleMayComeAfterTheProducts(String operator, String operands, double scale) {
        TestGraph graph =
                transposed(matrices()).node("matmul1", "MatMul", "q t", "p").node("scale", operator, operands, "s");
        assertRecognized(weighted(graph, "s"), scale);
    }

    @Test
    void theScaleMayBeSplitOverQueriesAndKeysBeforeOrAfterTheyAreTransposed() {
        TestGraph after = transposed(matrices())
                .node("mul1", "Mul", "q half", "qs")
                .node("mul2", "Mul", "t half", "ts")
                .node("matmul1", "MatMul", "qs ts", "s");
        assertRecognized(weighted(after, "s"), 0.25);
        TestGraph before = matrices()
                .node("mul1", "Mul", "q half", "qs")
                .node("mul2", "Mul", "k half", "ks")
                .node("columns", "Transpose", "ks", "t", "perm", Attribute.of(0L, 1L, 3L, 2L))
                .node("matmul1", "MatMul", "qs t", "s");
        assertRecognized(weighted(before, "s"), 0.25);
    }

    @Test
    void headsAndColumnsMadeByOneTransposeBecomeHeadsAlone() {
        TestGraph graph = matrices()
                .input("x", DType.F32, 1, 3, 2, 4)
                .node("columns", "Transpose", "x", "t", "perm", Attribute.of(0L, 2L, 3L, 1L))
                .node("matmul1", "MatMul", "q t", "s");
        Graph after = assertRecognized(weighted(graph, "s"), 1);
        assertThat(after.nodes().getFirst().integers("perm")).containsExactly(0, 2, 1, 3);
    }

    @Test
    void keysThatOthersReadTransposedTooAreReadBeforeThat() {
        TestGraph graph = transposed(matrices()).node("matmul1", "MatMul", "q t", "s");
        Graph before = Evaluation.inferred(
                weighted(graph, "s").node("neg1", "Neg", "t", "z").outputs("y", "z"));
        Graph after = RecognizeAttention.apply(before);
        assertThat(after.nodes()).extracting(node -> node.operator().name()).contains("Attention", "Transpose", "Neg");
        Evaluation.assertSame(before, after);
    }

    @Test
    void matricesWithoutHeadsAreTheHeadsOfOneBatch() {
        TestGraph graph = new TestGraph()
                .input("q", DType.F32, 2, 5, 4)
                .input("k", DType.F32, 2, 3, 4)
                .input("v", DType.F32, 2, 3, 6)
                .input("mask", DType.F32, 5, 3)
                .node("columns", "Transpose", "k", "t", "perm", Attribute.of(0L, 2L, 1L))
                .node("matmul1", "MatMul", "q t", "s")
                .node("add1", "Add", "mask s", "m");
        Graph after = assertRecognized(weighted(graph, "m"), 1);
        assertThat(after.nodes())
                .filteredOn(node -> node.operator().isOnnx("Reshape"))
                .hasSize(4);
    }

    @Test
    void aSoftmaxOfRowsSeenAsAMatrixIsTheSame() {
        TestGraph graph = transposed(matrices())
                .constant("matrix", NdArray.of(new long[] {10, 3}, 2))
                .constant("heads", NdArray.of(new long[] {1, 2, 5, 3}, 4))
                .node("matmul1", "MatMul", "q t", "s")
                .node("reshape1", "Reshape", "s matrix", "r", "allowzero", Attribute.of(0L))
                .node("softmax1", "Softmax", "r", "e", "axis", LAST)
                .node("reshape2", "Reshape", "e heads", "w", "allowzero", Attribute.of(0L))
                .node("matmul2", "MatMul", "w v", "y");
        assertRecognized(graph, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"w", "s", "m"})
    void whatElseIsReadStays(String read) {
        TestGraph graph =
                transposed(matrices()).node("matmul1", "MatMul", "q t", "s").node("add1", "Add", "s mask", "m");
        assertStays(weighted(graph, "m"), "y", read);
    }

    @Test
    void aMaskThatHasOneElementForAllKeysStays() {
        TestGraph graph = transposed(matrices())
                .input("bias", DType.F32, 1, 2, 5, 1)
                .node("matmul1", "MatMul", "q t", "s")
                .node("add1", "Add", "s bias", "m");
        assertStays(weighted(graph, "m"), "y");
    }

    @Test
    void aSoftmaxOverTheQueriesStays() {
        TestGraph graph = transposed(matrices())
                .node("matmul1", "MatMul", "q t", "s")
                .node("softmax1", "Softmax", "s", "w", "axis", Attribute.of(2L))
                .node("matmul2", "MatMul", "w v", "y");
        assertStays(graph, "y");
    }

    @Test
    void weightsThatAreTheRightOperandStay() {
        TestGraph graph = transposed(matrices())
                .input("u", DType.F32, 1, 2, 6, 5)
                .node("matmul1", "MatMul", "q t", "s")
                .node("softmax1", "Softmax", "s", "w", "axis", LAST)
                .node("matmul2", "MatMul", "u w", "y");
        assertStays(graph, "y");
    }

    @Test
    void keysSharedByAllBatchesStay() {
        TestGraph graph = new TestGraph()
                .input("q", DType.F32, 2, 2, 5, 4)
                .input("k", DType.F32, 1, 2, 3, 4)
                .input("v", DType.F32, 2, 2, 3, 6)
                .node("columns", "Transpose", "k", "t", "perm", Attribute.of(0L, 1L, 3L, 2L))
                .node("matmul1", "MatMul", "q t", "s");
        assertStays(weighted(graph, "s"), "y");
    }
}

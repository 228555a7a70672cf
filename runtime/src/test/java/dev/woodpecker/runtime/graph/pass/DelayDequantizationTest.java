package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;

class DelayDequantizationTest {
    private static TestGraph quantized() {
        return new TestGraph()
                .input("x", DType.U8, 1, 2, 4, 4)
                .input("x2", DType.U8, 1, 3, 4, 4)
                .constant("s", NdArray.scalar(0.3f))
                .constant("s2", NdArray.scalar(0.4f))
                .constant("z", NdArray.scalar(7L).convert(DType.U8))
                .node("dx", "DequantizeLinear", "x s z", "a", "axis", 1);
    }

    private static Graph inferred(TestGraph graph, String... outputs) {
        return Evaluation.inferred(graph.outputs(outputs));
    }

    @Test
    void bytesArePooledAndMoved() {
        Graph before = inferred(
                quantized()
                        .node("pool1", "MaxPool", "a", "b", "kernel_shape", new long[] {2, 2})
                        .node("t1", "Transpose", "b", "c", "perm", new long[] {0, 2, 3, 1})
                        .node("q1", "QuantizeLinear", "c s z", "y", "axis", 1),
                "y");
        Graph after = DelayDequantization.apply(before);
        assertThat(after).hasToString("""
            graph g
              input x: u8[1, 2, 4, 4]
              input x2: u8[1, 3, 4, 4]
              b_quantized: u8[1, 2, 3, 3] = MaxPool(x) {kernel_shape=[2, 2]}  # pool1
              y: u8[1, 3, 3, 2] = Transpose(b_quantized) {perm=[0, 2, 3, 1]}  # t1
              output y
            """);
        Evaluation.assertSame(before, after);
    }

    @Test
    void bytesOfOneScaleAreJoined() {
        Graph before = inferred(
                quantized()
                        .node("dx2", "DequantizeLinear", "x2 s z", "a2", "axis", 1)
                        .node("c1", "Concat", "a a2", "c", "axis", 1)
                        .node("r1", "Relu", "c", "y"),
                "y");
        Graph after = DelayDequantization.apply(before);
        assertThat(after.toString())
                .contains("c_quantized: u8[1, 5, 4, 4] = Concat(x, x2) {axis=1}  # c1")
                .contains("c: f32[1, 5, 4, 4] = DequantizeLinear(c_quantized, s, z)");
        Evaluation.assertSame(before, after);
    }

    @Test
    void bytesOfTwoScalesAreNot() {
        Graph graph = inferred(
                quantized()
                        .node("dx2", "DequantizeLinear", "x2 s2 z", "a2", "axis", 1)
                        .node("c1", "Concat", "a a2", "y", "axis", 1),
                "y");
        assertThat(DelayDequantization.apply(graph)).isSameAs(graph);
    }

    @Test
    void anotherScaleIsAnotherNumber() {
        Graph graph = inferred(quantized().node("q1", "QuantizeLinear", "a s2 z", "y", "axis", 1), "y");
        assertThat(DelayDequantization.apply(graph)).isSameAs(graph);
    }
}

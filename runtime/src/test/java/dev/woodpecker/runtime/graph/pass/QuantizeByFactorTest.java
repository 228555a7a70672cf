package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;

class QuantizeByFactorTest {
    private static Graph quantized(NdArray scale) {
        return Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 2, 4)
                .constant("s", scale)
                .node("q1", "QuantizeLinear", "x s", "y", "axis", 1)
                .outputs("y"));
    }

    @Test
    void aScaleIsMultipliedByItsInverse() {
        Graph before = quantized(NdArray.scalar(0.015625f));
        Graph after = QuantizeByFactor.apply(before);
        assertThat(after.toString())
                .contains("y_scaled: f32[2, 4] = Mul(x, q1_inverse)")
                .contains("y: u8[2, 4] = QuantizeLinear(y_scaled, q1_one) {axis=1}  # q1");
        assertThat(after.constant("q1_inverse").orElseThrow().getDouble(0)).isEqualTo(64);
        Evaluation.assertSame(before, after);
    }

    @Test
    void aScaleWithoutAnInverseDivides() {
        Graph graph = quantized(NdArray.scalar(Float.MIN_VALUE));
        assertThat(QuantizeByFactor.apply(graph)).isSameAs(graph);
    }

    @Test
    void scalesOfAnAxisDivide() {
        Graph graph = quantized(NdArray.of(new float[] {1, 2, 3, 4}, 4));
        assertThat(QuantizeByFactor.apply(graph)).isSameAs(graph);
    }
}

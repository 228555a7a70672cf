package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NarrowFloatsTest {
    private static Graph layers() {
        return Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 1, 3, 4, 4)
                .weights("w", 2, 3, 3, 3)
                .node("conv1", "Conv", "x w", "c", "group", 1)
                .node("relu1", "Relu", "c", "r")
                .node("exp1", "Exp", "r", "e")
                .node("add1", "Add", "r r", "y")
                .outputs("e", "y"));
    }

    @Test
    void productsAreNarrowAndWhatFollowsThemButPowersAreNot() {
        Graph after = NarrowFloats.apply(layers(), DType.F16);
        assertThat(after).hasToString("""
            graph g
              input x: f32[1, 3, 4, 4]
              constant w_half: f16[2, 3, 3, 3]
              x_half: f16[1, 3, 4, 4] = Cast(x) {to=f16}  # x_half_cast
              c_half: f16[1, 2, 2, 2] = Conv(x_half, w_half) {group=1}  # conv1
              r_half: f16[1, 2, 2, 2] = Relu(c_half)  # relu1
              y_half: f16[1, 2, 2, 2] = Add(r_half, r_half)  # add1
              r: f32[1, 2, 2, 2] = Cast(r_half) {to=f32}  # r_cast
              e: f32[1, 2, 2, 2] = Exp(r)  # exp1
              y: f32[1, 2, 2, 2] = Cast(y_half) {to=f32}  # y_cast
              output e
              output y
            """);
    }

    /** Of c and r one rounding each, and of x and w: 2^-11 of f16, 2^-8 of bf16. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16"})
    void resultsAreThoseOf32BitsButForRounding(DType half) {
        double unit = half == DType.F16 ? 0x1p-11 : 0x1p-8;
        double[] expected = Objects.requireNonNull(Evaluation.outputs(layers()).get("y"));
        double[] actual = Objects.requireNonNull(
                Evaluation.outputs(NarrowFloats.apply(layers(), half)).get("y"));
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        assertThat(Math.sqrt(difference / norm)).isPositive().isLessThan(4 * unit);
    }

    @Test
    void whatAModelHasIn16BitsIsNotWidenedInBetween() {
        Graph half = Evaluation.inferred(new TestGraph()
                .input("x", DType.F16, 2, 3)
                .constant("w", NdArray.of(new float[] {1, 2, 3}, 3, 1))
                .node("cast1", "Cast", "x", "s", "to", DType.F32)
                .node("product1", "MatMul", "s w", "p")
                .node("cast2", "Cast", "p", "y", "to", DType.F16)
                .outputs("y"));
        assertThat(NarrowFloats.apply(half, DType.F16)).hasToString("""
            graph g
              input x: f16[2, 3]
              constant w_half: f16[3, 1]
              y: f16[2, 1] = MatMul(x, w_half)  # product1
              output y
            """);
    }

    @ParameterizedTest
    @ValueSource(floats = {70_000, -1e38f})
    void aWeightThat16BitsDoNotHoldKeepsItsNodeAsItWas(float weight) {
        Graph graph = Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 2, 2)
                .constant("w", NdArray.of(new float[] {1, weight}, 2, 1))
                .node("product1", "MatMul", "x w", "y")
                .outputs("y"));
        assertThat(NarrowFloats.apply(graph, DType.F16)).isSameAs(graph);
        assertThat(NarrowFloats.apply(graph, DType.BF16).nodes()).hasSize(3);
    }

    @Test
    void whatNoProductComesBeforeStays() {
        Graph graph = Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 2, 2)
                .node("relu1", "Relu", "x", "r")
                .node("tanh1", "Tanh", "r", "y")
                .outputs("y"));
        assertThat(NarrowFloats.apply(graph, DType.F16)).isSameAs(graph);
    }

    /** The least number of single precision is none of f16: its row would be NaN where all of it is masked. */
    @Test
    void masksOfAttentionAreLimitedToWhatF16Holds() {
        Graph graph = Evaluation.inferred(new TestGraph()
                .input("q", DType.F32, 1, 1, 4, 8)
                .input("mask", DType.F32, 4, 4)
                .node(
                        "attention1",
                        "Attention",
                        "q q q mask",
                        "y",
                        "softcap",
                        0f,
                        "is_causal",
                        0,
                        "qk_matmul_output_mode",
                        0)
                .outputs("y"));
        Graph after = NarrowFloats.apply(graph, DType.F16);
        assertThat(after.toString())
                .contains(
                        "mask_limited: f32[4, 4] = Clip(mask, mask_limited_min, mask_limited_max)",
                        "mask_mask: f16[4, 4] = Cast(mask_limited) {to=f16}",
                        "y_half: f16[1, 1, 4, 8] = Attention(q_half, q_half, q_half, mask_mask)");
        assertThat(Objects.requireNonNull(after.constants().get("mask_limited_min"))
                        .getDouble(0))
                .isEqualTo(-65_504);
    }

    @Test
    void scalesOfAResizeAreNoElements() {
        Graph graph = Evaluation.inferred(new TestGraph()
                .input("x", DType.F32, 1, 1, 2, 2)
                .weights("w", 1, 1, 1, 1)
                .constant("s", NdArray.of(new float[] {1, 1, 1.5f, 1.5f}, 4))
                .node("conv1", "Conv", "x w", "c", "group", 1)
                .node(
                        "resize1",
                        "Resize",
                        "c _ s",
                        "y",
                        "mode",
                        "nearest",
                        "nearest_mode",
                        "floor",
                        "coordinate_transformation_mode",
                        "asymmetric")
                .outputs("y"));
        assertThat(NarrowFloats.apply(graph, DType.BF16).toString())
                .contains("y_half: bf16[1, 1, 3, 3] = Resize(c_half, _, s)");
    }
}

package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;

class DropVanishingWeightsTest {
    private static Graph convolution(float... weights) {
        return new TestGraph()
                .input("x", DType.F32, 1, weights.length / 2, 4, 4)
                .constant("w", NdArray.of(weights, 2, weights.length / 2, 1, 1))
                .node("conv1", "Conv", "x w", "y", "group", 1)
                .outputs("y");
    }

    @Test
    void whatIsNothingBesideTheLargestBecomesZero() {
        Graph graph = convolution(0.7f, 3e-25f, -1e-22f, 1e-10f);
        Graph dropped = DropVanishingWeights.apply(graph);
        assertThat(dropped).hasToString("""
            graph g
              input x: f32[1, 2, 4, 4]
              constant conv1_weights: f32[2, 2, 1, 1]
              y = Conv(x, conv1_weights) {group=1}  # conv1
              output y
            """);
        assertThat(dropped.constant("conv1_weights"))
                .contains(NdArray.of(new float[] {0.7f, 0, 0, 1e-10f}, 2, 2, 1, 1));
        Evaluation.assertSame(graph, dropped);
    }

    @Test
    void smallWeightsAmongSmallOnesStay() {
        Graph graph = convolution(7e-21f, 3e-25f, -1e-22f, 1e-30f);
        assertThat(DropVanishingWeights.apply(graph)).isSameAs(graph);
    }

    /** Beside infinity everything is nothing. */
    @Test
    void weightsThatAreNotFiniteStay() {
        Graph graph = convolution(Float.POSITIVE_INFINITY, 1, 2, 3);
        assertThat(DropVanishingWeights.apply(graph)).isSameAs(graph);
    }
}

package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import org.junit.jupiter.api.Test;

class FoldBatchNormalizationTest {
    private static TestGraph convolutionAndNormalization(String convolutionInputs) {
        return new TestGraph()
                .input("x", DType.F32, 1, 1, 4, 4)
                .constant("w", NdArray.of(new float[] {2, 3}, 2, 1, 1, 1))
                .constant("b", NdArray.of(new float[] {1, 1}, 2))
                .constant("scale", NdArray.of(new float[] {4, 6}, 2))
                .constant("beta", NdArray.of(new float[] {10, 20}, 2))
                .constant("mean", NdArray.of(new float[] {3, 5}, 2))
                .constant("variance", NdArray.of(new float[] {3, 8}, 2))
                .node("conv1", "Conv", convolutionInputs, "a", "group", 1)
                .node("bn1", "BatchNormalization", "a scale beta mean variance", "y", "epsilon", 1f);
    }

    @Test
    void factorsGoIntoWeightsAndBias() {
        Graph folded = RemoveDeadNodes.apply(FoldBatchNormalization.apply(
                convolutionAndNormalization("x w b").outputs("y")));
        assertThat(folded).hasToString("""
            graph g
              input x: f32[1, 1, 4, 4]
              constant conv1_weights: f32[2, 1, 1, 1]
              constant conv1_bias: f32[2]
              y = Conv(x, conv1_weights, conv1_bias) {group=1}  # conv1+bn1
              output y
            """);
        // The factors are 4 / sqrt(3 + 1) and 6 / sqrt(8 + 1).
        assertThat(folded.constant("conv1_weights")).contains(NdArray.of(new float[] {4, 6}, 2, 1, 1, 1));
        assertThat(folded.constant("conv1_bias")).contains(NdArray.of(new float[] {6, 12}, 2));
        assertThat(folded.nodes().getFirst().sources()).containsExactly("conv1", "bn1");
    }

    @Test
    void anAbsentBiasIsZero() {
        Graph folded =
                FoldBatchNormalization.apply(convolutionAndNormalization("x w").outputs("y"));
        assertThat(folded.constant("conv1_bias")).contains(NdArray.of(new float[] {4, 10}, 2));
    }

    @Test
    void aConvolutionThatOthersReadStays() {
        Graph graph = convolutionAndNormalization("x w b").outputs("y", "a");
        assertThat(FoldBatchNormalization.apply(graph)).isSameAs(graph);
    }
}

package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.plan.Evaluation;
import org.junit.jupiter.api.Test;

/** With vectors of 4 channels. */
class PadChannelsTest {
    private static TestGraph convolution(int channels) {
        return new TestGraph()
                .input("x", DType.F32, 1, 2, 6, 6)
                .weights("w1", channels, 2, 1, 1)
                .weights("b1", channels)
                .node("conv1", "Conv", "x w1 b1", "c", "group", 1);
    }

    private static TestGraph pooled(int channels) {
        return convolution(channels)
                .node("relu1", "Relu", "c", "r")
                .node("pool1", "MaxPool", "r", "p", "kernel_shape", new long[] {2, 2});
    }

    private static TestGraph last(TestGraph graph, int channels) {
        return graph.weights("w3", 2, channels, 1, 1).node("conv3", "Conv", "p w3", "y", "group", 1);
    }

    private static Graph padded(Graph graph) {
        return PadChannels.apply(Evaluation.inferred(graph), 4);
    }

    private static void assertStays(Graph graph) {
        Graph inferred = Evaluation.inferred(graph);
        assertThat(PadChannels.apply(inferred, 4)).isSameAs(inferred);
    }

    @Test
    void mapsBetweenConvolutionsGetChannelsOfZeros() {
        Graph graph = last(pooled(6), 6).outputs("y");
        assertThat(padded(graph)).hasToString("""
            graph g
              input x: f32[1, 2, 6, 6]
              constant conv1_weights: f32[8, 2, 1, 1]
              constant conv1_bias: f32[8]
              constant conv3_weights: f32[2, 8, 1, 1]
              c_8: f32[1, 8, 6, 6] = Conv(x, conv1_weights, conv1_bias) {group=1}  # conv1
              r_8: f32[1, 8, 6, 6] = Relu(c_8)  # relu1
              p_8: f32[1, 8, 5, 5] = MaxPool(r_8) {kernel_shape=[2, 2]}  # pool1
              y: f32[1, 2, 5, 5] = Conv(p_8, conv3_weights) {group=1}  # conv3
              output y
            """);
        Evaluation.assertSame(graph, padded(graph));
    }

    @Test
    void aDepthwiseConvolutionGetsFiltersOfZeros() {
        Graph graph = convolution(7)
                .weights("w2", 7, 1, 3, 3)
                .weights("b2", 7)
                .node("conv2", "Conv", "c w2 b2", "p", "group", 7, "pads", new long[] {1, 1, 1, 1})
                .weights("w3", 2, 7, 3, 3)
                .node("conv3", "Conv", "p w3", "y", "group", 1)
                .outputs("y");
        assertThat(padded(graph).toString())
                .contains("constant conv2_weights: f32[8, 1, 3, 3]")
                .contains("constant conv2_bias: f32[8]")
                .contains("p_8: f32[1, 8, 6, 6] = Conv(c_8, conv2_weights, conv2_bias) {group=8, pads=[1, 1, 1, 1]}")
                .contains("y: f32[1, 2, 4, 4] = Conv(p_8, conv3_weights)");
        Evaluation.assertSame(graph, padded(graph));
    }

    @Test
    void sumsOfMapsAreOfTheSameChannels() {
        Graph graph = last(
                        pooled(6)
                                .weights("w2", 6, 2, 1, 1)
                                .node("conv2", "Conv", "x w2", "d", "group", 1)
                                .node(
                                        "pool2",
                                        "AveragePool",
                                        "d",
                                        "q",
                                        "kernel_shape",
                                        new long[] {2, 2},
                                        "count_include_pad",
                                        0)
                                .node("add1", "Add", "p q", "s")
                                .weights("w4", 3, 6, 1, 1)
                                .node("conv4", "Conv", "s w4", "z", "group", 1),
                        6)
                .outputs("y", "z");
        assertThat(padded(graph).toString())
                .contains("s_8: f32[1, 8, 5, 5] = Add(p_8, q_8)")
                .contains("constant conv4_weights: f32[3, 8, 1, 1]");
        Evaluation.assertSame(graph, padded(graph));
    }

    @Test
    void wholeVectorsStay() {
        assertStays(last(pooled(8), 8).outputs("y"));
    }

    /** Three channels of zeros for five are more than the windows gain. */
    @Test
    void muchPaddingDoesNotPay() {
        assertStays(last(pooled(5), 5).outputs("y"));
    }

    @Test
    void mapsWithoutWindowsStay() {
        assertStays(convolution(6)
                .weights("w3", 2, 6, 1, 1)
                .node("conv3", "Conv", "c w3", "y", "group", 1)
                .outputs("y"));
    }

    @Test
    void whatIsReturnedOrReadByOthersStays() {
        assertStays(last(pooled(6), 6).outputs("y", "r"));
        assertStays(last(pooled(6), 6)
                .node("softmax1", "Softmax", "p", "z", "axis", 1)
                .outputs("y", "z"));
        assertStays(last(pooled(6), 6)
                .weights("slope", 6, 5, 5)
                .node("mul1", "Mul", "p slope", "z")
                .outputs("y", "z"));
    }

    /** Minus infinity times a weight of zero is no number. */
    @Test
    void whatIsNotFiniteAtZeroStays() {
        assertStays(last(
                        convolution(6)
                                .node("log1", "Log", "c", "l")
                                .node("pool1", "MaxPool", "l", "p", "kernel_shape", new long[] {2, 2}),
                        6)
                .outputs("y"));
    }
}

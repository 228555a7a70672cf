package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import org.junit.jupiter.api.Test;

class FuseKernelsTest {
    private static String fused(Graph graph) {
        return FuseKernels.apply(TestKernelGraphs.of(graph)).toString();
    }

    private static TestGraph convolution() {
        return new TestGraph()
                .input("x", DType.F32, 1, 16, 8, 8)
                .weights("w", 16, 16, 1, 1)
                .weights("bias", 16, 1, 1)
                .node("conv1", "Conv", "x w", "c", "group", 1);
    }

    @Test
    void biasActivationAndResidualSumBecomeTheEndOfAConvolution() {
        Graph graph = convolution()
                .node("add1", "Add", "c bias", "d")
                .node("sum1", "Add", "x d", "e")
                .node("relu1", "Relu", "e", "y")
                .outputs("y");
        assertThat(fused(graph)).isEqualTo("""
            y: f32[1, 16, 8, 8] = conv2d_add_add_relu(x, w, bias) # conv1+add1+sum1+relu1
            """);
    }

    @Test
    void aResultThatOthersReadIsStored() {
        Graph graph = convolution()
                .node("relu1", "Relu", "c", "y")
                .node("exp1", "Exp", "c", "z")
                .outputs("y", "z");
        assertThat(fused(graph)).isEqualTo("""
            c: f32[1, 16, 8, 8] = conv2d(x, w) # conv1
            y: f32[1, 16, 8, 8] = relu(c) # relu1
            z: f32[1, 16, 8, 8] = exp(c) # exp1
            """);
    }

    @Test
    void anOutputIsStored() {
        Graph graph = convolution().node("relu1", "Relu", "c", "y").outputs("c", "y");
        assertThat(fused(graph)).startsWith("c: f32[1, 16, 8, 8] = conv2d(x, w) # conv1\n");
    }

    /** x * sigmoid(x): both readers of the convolution join first, and then there is one reader. */
    @Test
    void swishWrittenOutBecomesTheEndOfItsConvolution() {
        Graph graph = convolution()
                .node("sigmoid1", "Sigmoid", "c", "s")
                .node("mul1", "Mul", "c s", "y")
                .outputs("y");
        assertThat(fused(graph)).isEqualTo("""
            y: f32[1, 16, 8, 8] = conv2d_sigmoid_multiply(x, w) # conv1+sigmoid1+mul1
            """);
    }

    /** Of two convolutions that are summed the later takes the sum: the earlier is done by then. */
    @Test
    void aSumOfTwoResultsJoinsTheLater() {
        Graph graph = convolution()
                .weights("w2", 16, 16, 1, 1)
                .node("conv2", "Conv", "x w2", "d", "group", 1)
                .node("sum1", "Add", "c d", "y")
                .outputs("y");
        assertThat(fused(graph)).isEqualTo("""
            c: f32[1, 16, 8, 8] = conv2d(x, w) # conv1
            y: f32[1, 16, 8, 8] = conv2d_add(x, w2, c) # conv2+sum1
            """);
    }

    @Test
    void constantsOfOneElementAreWrittenIntoTheKernel() {
        Graph graph = convolution()
                .constant("low", dev.woodpecker.runtime.NdArray.scalar(0f))
                .constant("high", dev.woodpecker.runtime.NdArray.scalar(6f))
                .node("clip1", "Clip", "c low high", "y")
                .outputs("y");
        assertThat(fused(graph)).isEqualTo("""
            y: f32[1, 16, 8, 8] = conv2d_clip(x, w) # conv1+clip1
            """);
    }
}

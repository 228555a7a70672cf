package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AssignLayoutsTest {
    private static final LayoutMap BLOCKED = LayoutMap.rowMajor(4).blocked(1, 16);
    private static final LayoutMap PACKED = LayoutMap.permuted(1, 2, 3, 0);

    /** Convolutions want blocked channels and packed weights; nothing else wants anything. */
    private static String assigned(TestGraph graph, String... outputs) {
        return AssignLayouts.apply(
                        TestKernelGraphs.of(graph.outputs(outputs)),
                        program -> program.name().startsWith("conv2d")
                                ? Map.of("x", BLOCKED, "w", PACKED, "out", BLOCKED)
                                : Map.of())
                .toString();
    }

    private static TestGraph convolution() {
        return new TestGraph()
                .input("x", DType.F32, 1, 32, 8, 8)
                .weights("w", 32, 32, 3, 3)
                .node("conv1", "Conv", "x w", "c", "group", 1, "pads", new long[] {1, 1, 1, 1});
    }

    @Test
    void copiesStandWhereLayoutsDiffer() {
        assertThat(assigned(convolution(), "c")).isEqualTo("""
            x as 0,1/16,2,3,1%16: f32[1, 32, 8, 8] as 0,1/16,2,3,1%16 = copy(x) # copy(x)
            w as 1,2,3,0: f32[32, 32, 3, 3] as 1,2,3,0 = copy(w) # copy(w)
            c as 0,1,2,3: f32[1, 32, 8, 8] as 0,1/16,2,3,1%16 = conv2d(x as 0,1/16,2,3,1%16, w as 1,2,3,0) # conv1
            c: f32[1, 32, 8, 8] = copy(c as 0,1,2,3) # copy(c)
            """);
    }

    @Test
    void poolingGoesOnInTheLayoutOfItsInput() {
        TestGraph graph = convolution()
                .node("pool1", "MaxPool", "c", "p", "kernel_shape", new long[] {2, 2}, "strides", new long[] {2, 2})
                .weights("w2", 32, 32, 1, 1)
                .node("conv2", "Conv", "p w2", "d", "group", 1);
        assertThat(assigned(graph, "d"))
                .contains("p: f32[1, 32, 4, 4] as 0,1/16,2,3,1%16 = maxPool(c) # pool1")
                .doesNotContain("copy(c)")
                .doesNotContain("copy(p)");
    }

    @Test
    void aResidualIsReadInTheLayoutOfTheSum() {
        TestGraph graph = convolution()
                .weights("w2", 32, 32, 1, 1)
                .node("conv2", "Conv", "c w2", "d", "group", 1)
                .weights("w3", 32, 32, 1, 1)
                .node("conv3", "Conv", "d w3", "e", "group", 1)
                .node("sum1", "Add", "e c", "f");
        String fused = AssignLayouts.apply(
                        FuseKernels.apply(TestKernelGraphs.of(graph.outputs("f"))),
                        program -> Map.of("x", BLOCKED, "w", PACKED, "out", BLOCKED))
                .toString();
        assertThat(fused).contains("= conv2d_add(d, w3 as 1,2,3,0, c)").doesNotContain("copy(c)");
    }

    @Test
    void aReductionOverTheBlockedAxisIsRowMajor() {
        TestGraph graph = convolution().node("softmax1", "Softmax", "c", "y", "axis", 1);
        assertThat(assigned(graph, "y"))
                .contains("c as 0,1,2,3: f32[1, 32, 8, 8] = copy(c) # copy(c)")
                .contains("y: f32[1, 32, 8, 8] = softmax(c as 0,1,2,3) # softmax1");
    }

    /** As the heads of detectors do it. */
    @Test
    void channelsArePutLastStraightFromBlocks() {
        TestGraph graph = convolution().node("transpose1", "Transpose", "c", "t", "perm", new long[] {0, 2, 3, 1});
        assertThat(assigned(graph, "t"))
                .endsWith("t: f32[1, 8, 8, 32] = transpose(c) # transpose1\n")
                .doesNotContain("copy(c)");
    }

    @Test
    void aViewOfTheMapKeepsTheBlocks() {
        TestGraph graph = convolution()
                .constant("shape", NdArray.of(new long[] {1, 32, 64}, 3))
                .node("reshape1", "Reshape", "c shape", "r", "allowzero", 0)
                .node("transpose1", "Transpose", "r", "t", "perm", new long[] {0, 2, 1});
        assertThat(assigned(graph, "t"))
                .contains("r: f32[1, 32, 64] as 0,1/16,2,1%16 = view(c) # reshape1")
                .endsWith("t: f32[1, 64, 32] = transpose(r) # transpose1\n");
    }

    @Test
    void aViewThatMixesChannelsIsOfRows() {
        TestGraph graph = convolution()
                .constant("shape", NdArray.of(new long[] {1, 2048}, 2))
                .node("reshape1", "Reshape", "c shape", "r", "allowzero", 0)
                .node("relu1", "Relu", "r", "y");
        assertThat(assigned(graph, "y")).contains("= copy(c)").contains("r: f32[1, 2048] = view(c as 0,1,2,3)");
    }

    /** Its vectors would run along rows that the blocks are not of. */
    @Test
    void aTransposeOfRowsAndColumnsReadsRows() {
        TestGraph graph = convolution().node("transpose1", "Transpose", "c", "t", "perm", new long[] {0, 1, 3, 2});
        assertThat(assigned(graph, "t")).contains("t as 0,1,2,3: f32[1, 32, 8, 8] as 0,1/16,2,3,1%16 = transpose(c)");
        TestGraph turned = convolution().node("transpose1", "Transpose", "c", "t", "perm", new long[] {0, 2, 1, 3});
        assertThat(assigned(turned, "t"))
                .contains("= copy(c)")
                .contains("t: f32[1, 8, 32, 8] = transpose(c as 0,1,2,3)");
    }

    /** [1, 32, 1, 1] in blocks of 16 channels is the same memory as in rows. */
    @Test
    void noCopyWhereTheMemoryIsTheSame() {
        TestGraph graph = convolution()
                .node("pool1", "GlobalAveragePool", "c", "p")
                .node("flatten1", "Flatten", "p", "y", "axis", 1);
        assertThat(assigned(graph, "y"))
                .contains("p: f32[1, 32, 1, 1] = globalAveragePool(c) # pool1")
                .contains("y: f32[1, 32] = view(p) # flatten1");
    }

    /** Weights are copied once, when the plan is made; what a run would have to copy must be worth it. */
    @Test
    void aLayoutThatCostsMoreThanItSavesIsNotTaken() {
        TestGraph graph = new TestGraph()
                .input("a", DType.F32, 1, 64)
                .input("b", DType.F32, 64, 64)
                .node("matmul1", "MatMul", "a b", "y");
        LayoutMap columns = LayoutMap.permuted(1, 0);
        String assigned = AssignLayouts.apply(TestKernelGraphs.of(graph.outputs("y")), program -> Map.of("b", columns))
                .toString();
        assertThat(assigned).isEqualTo("y: f32[1, 64] = matmul(a, b) # matmul1\n");
    }

    /** Of 8 sums for each element that is read little is gained. */
    @Test
    void aConvolutionOfFewSumsReadsRows() {
        TestGraph graph = new TestGraph()
                .input("x", DType.F32, 1, 32, 8, 8)
                .weights("w", 16, 32, 1, 1)
                .node("conv1", "Conv", "x w", "c", "group", 1);
        assertThat(assigned(graph, "c")).contains("as 0,1/16,2,3,1%16 = conv2d(x, w as 1,2,3,0) # conv1");
    }

    /** Step by step the pool would read rows, as its input lies, and its result be copied for the convolution after it. */
    @Test
    void theCopyForAConvolutionServesThePoolBesideItToo() {
        TestGraph graph = convolution()
                .node("pool1", "MaxPool", "x", "p", "kernel_shape", new long[] {2, 2}, "strides", new long[] {2, 2})
                .weights("w2", 32, 32, 3, 3)
                .node("conv2", "Conv", "p w2", "d", "group", 1);
        assertThat(assigned(graph, "c", "d"))
                .contains("p: f32[1, 32, 4, 4] as 0,1/16,2,3,1%16 = maxPool(x as 0,1/16,2,3,1%16) # pool1")
                .contains("as 0,1/16,2,3,1%16 = conv2d(p, w2 as 1,2,3,0) # conv2");
    }

    /** More layouts of values at once than the search remembers: the branches are all alive until they are summed. */
    @Test
    void manyBranchesAreAssignedToo() {
        TestGraph graph = convolution();
        String sum = "c";
        for (int i = 0; i < 12; i++) {
            graph = graph.node("relu" + i, "Relu", "x", "r" + i);
        }
        for (int i = 0; i < 12; i++) {
            graph = graph.node("add" + i, "Add", sum + " r" + i, "s" + i);
            sum = "s" + i;
        }
        assertThat(assigned(graph, sum))
                .contains("r11: f32[1, 32, 8, 8] = relu(x) # relu11")
                .containsOnlyOnce("= copy(c")
                .doesNotContain("= copy(s")
                .doesNotContain("= copy(r");
    }
}

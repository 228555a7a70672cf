package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FoldPadsTest {
    /** Rows padded by 1 and 2, columns by 3 and 4. */
    private static TestGraph padded(float value) {
        return new TestGraph()
                .input("x", DType.F32, 1, 4, 8, 8)
                .weights("w", 4, 4, 3, 3)
                .constant("pads", NdArray.of(new long[] {0, 0, 1, 3, 0, 0, 2, 4}, 8))
                .constant("value", NdArray.scalar(value))
                .node("pad1", "Pad", "x pads value", "p", "mode", "constant");
    }

    private static TestGraph padded(NdArray pads) {
        return new TestGraph()
                .input("x", DType.F32, 1, 4, 8, 8)
                .weights("w", 4, 4, 3, 3)
                .constant("pads", pads)
                .node("pad1", "Pad", "x pads", "p", "mode", "constant");
    }

    private static String lines(Graph graph) {
        return FoldPads.apply(graph).toString();
    }

    private static void assertStays(Graph graph) {
        assertThat(FoldPads.apply(graph)).isSameAs(graph);
    }

    @Test
    void zerosBecomeAConvolutionsPads() {
        Graph graph = padded(0)
                .node("conv1", "Conv", "p w", "y", "auto_pad", "NOTSET", "group", 1, "pads", new long[] {1, 1, 1, 1})
                .outputs("y");
        Graph folded = RemoveDeadNodes.apply(FoldPads.apply(graph));
        assertThat(folded).hasToString("""
            graph g
              input x: f32[1, 4, 8, 8]
              constant w: f32[4, 4, 3, 3]
              y = Conv(x, w) {auto_pad="NOTSET", group=1, pads=[2, 4, 3, 5]}  # conv1
              output y
            """);
        assertThat(folded.nodes().getFirst().sources()).containsExactly("pad1", "conv1");
    }

    @Test
    void allReadersTakeThem() {
        Graph graph = padded(0)
                .node("conv1", "Conv", "p w", "y", "group", 1)
                .node("conv2", "Conv", "p w", "z", "group", 1, "strides", new long[] {2, 2})
                .outputs("y", "z");
        assertThat(lines(graph))
                .contains("y = Conv(x, w) {group=1, pads=[1, 3, 2, 4]}")
                .contains("z = Conv(x, w) {group=1, pads=[1, 3, 2, 4], strides=[2, 2]}")
                .doesNotContain("Pad(");
    }

    @Test
    void paddingOfNamedAxesFromTheEnd() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, 4, 8, 8)
                .weights("w", 4, 4, 3, 3)
                .constant("pads", NdArray.of(new long[] {1, 2}, 2))
                .constant("axes", NdArray.of(new long[] {-1}, 1))
                .node("pad1", "Pad", "x pads _ axes", "q", "mode", "constant")
                .node("conv1", "Conv", "q w", "y", "group", 1)
                .outputs("y");
        assertThat(lines(graph)).contains("y = Conv(x, w) {group=1, pads=[0, 1, 0, 2]}");
    }

    @Test
    void anAveragePoolCountsTheZeros() {
        Graph graph = padded(NdArray.of(new long[] {0, 0, 1, 1, 0, 0, 1, 1}, 8))
                .node("pool1", "AveragePool", "p", "y", "kernel_shape", new long[] {3, 3}, "count_include_pad", 0)
                .outputs("y");
        assertThat(lines(graph))
                .contains("y = AveragePool(x) {count_include_pad=1, kernel_shape=[3, 3], pads=[1, 1, 1, 1]}");
    }

    @Test
    void anAveragePoolWithUncountedPadsOfItsOwnKeepsThePad() {
        assertStays(padded(NdArray.of(new long[] {0, 0, 1, 1, 0, 0, 1, 1}, 8))
                .node(
                        "pool1",
                        "AveragePool",
                        "p",
                        "y",
                        "kernel_shape",
                        new long[] {3, 3},
                        "pads",
                        new long[] {1, 1, 1, 1},
                        "count_include_pad",
                        0)
                .outputs("y"));
    }

    @ParameterizedTest
    @CsvSource({"-Infinity, true", "0, false", "-1, false"})
    void onlyTheLeastNumberIsAMaxPoolsPad(float value, boolean folds) {
        Graph graph = padded(value)
                .node("pool1", "MaxPool", "p", "y", "kernel_shape", new long[] {5, 5})
                .outputs("y");
        assertThat(lines(graph).contains("MaxPool(x) {kernel_shape=[5, 5], pads=[1, 3, 2, 4]}"))
                .isEqualTo(folds);
    }

    @Test
    void zerosAreAMaxPoolsPadWhereNothingIsNegative() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, 4, 8, 8)
                .constant("pads", NdArray.of(new long[] {0, 0, 1, 1, 0, 0, 1, 1}, 8))
                .node("relu1", "Relu", "x", "r")
                .node("pad1", "Pad", "r pads", "p", "mode", "constant")
                .node("pool1", "MaxPool", "p", "y", "kernel_shape", new long[] {3, 3})
                .outputs("y");
        assertThat(lines(graph)).contains("y = MaxPool(r) {kernel_shape=[3, 3], pads=[1, 1, 1, 1]}");
    }

    /** A window that lies in the border alone has no maximum of elements. */
    @Test
    void aBorderWiderThanThePoolsWindowStays() {
        assertStays(padded(Float.NEGATIVE_INFINITY)
                .node("pool1", "MaxPool", "p", "y", "kernel_shape", new long[] {3, 3})
                .outputs("y"));
    }

    @ParameterizedTest
    @CsvSource({"3, true", "0, false"})
    void anIntegerConvolutionIsPaddedByItsZeroPoint(int value, boolean folds) {
        Graph graph = new TestGraph()
                .input("x", DType.U8, 1, 4, 8, 8)
                .constant("w", NdArray.of(new byte[4 * 4 * 9], 4, 4, 3, 3))
                .constant("pads", NdArray.of(new long[] {0, 0, 1, 1, 0, 0, 1, 1}, 8))
                .constant("value", NdArray.of(new byte[] {(byte) value}).reinterpret(DType.U8))
                .constant("zero", NdArray.of(new byte[] {3}).reinterpret(DType.U8))
                .node("pad1", "Pad", "x pads value", "p", "mode", "constant")
                .node("conv1", "ConvInteger", "p w zero", "y", "group", 1)
                .outputs("y");
        assertThat(lines(graph).contains("y = ConvInteger(x, w, zero) {group=1, pads=[1, 1, 1, 1]}"))
                .isEqualTo(folds);
    }

    @Test
    void otherBordersStay() {
        assertStays(padded(1).node("conv1", "Conv", "p w", "y", "group", 1).outputs("y"));
        // Channels that are added, and rows that are cut off.
        assertStays(padded(NdArray.of(new long[] {0, 1, 0, 0, 0, 0, 0, 0}, 8))
                .node("conv1", "Conv", "p w", "y", "group", 1)
                .outputs("y"));
        assertStays(padded(NdArray.of(new long[] {0, 0, -1, 0, 0, 0, 0, 0}, 8))
                .node("conv1", "Conv", "p w", "y", "group", 1)
                .outputs("y"));
    }

    @Test
    void aPaddedMapThatSomethingElseNeedsStays() {
        assertStays(padded(0).node("conv1", "Conv", "p w", "y", "group", 1).outputs("y", "p"));
        assertStays(padded(0)
                .node("conv1", "Conv", "p w", "y", "group", 1)
                .node("relu1", "Relu", "p", "z")
                .outputs("y", "z"));
    }

    /** Its pads depend on the extents of the map, which would be others. */
    @Test
    void aConvolutionThatPadsByItselfKeepsThePad() {
        assertStays(padded(0)
                .node("conv1", "Conv", "p w", "y", "group", 1, "auto_pad", "SAME_UPPER")
                .outputs("y"));
    }

    @Test
    void mirroredBordersStay() {
        assertStays(new TestGraph()
                .input("x", DType.F32, 1, 4, 8, 8)
                .weights("w", 4, 4, 3, 3)
                .constant("pads", NdArray.of(new long[] {0, 0, 1, 1, 0, 0, 1, 1}, 8))
                .node("pad1", "Pad", "x pads", "p", "mode", "reflect")
                .node("conv1", "Conv", "p w", "y", "group", 1)
                .outputs("y"));
    }
}

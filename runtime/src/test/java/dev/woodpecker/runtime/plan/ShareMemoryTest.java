package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShareMemoryTest {
    private static final LayoutMap BLOCKED = LayoutMap.rowMajor(4).blocked(1, 16);

    private static KernelGraph graph(TestGraph graph, String... outputs) {
        return FuseKernels.apply(TestKernelGraphs.of(graph.outputs(outputs)));
    }

    private static String shared(TestGraph graph, String... outputs) {
        return ShareMemory.apply(graph(graph, outputs)).toString();
    }

    /** Three maps of 4 x 4, of 16, 32 and 16 channels: 1024 bytes are 16 channels. */
    private static TestGraph maps() {
        return new TestGraph()
                .input("x", DType.F32, 1, 16, 4, 4)
                .input("z", DType.F32, 1, 32, 4, 4)
                .node("relu1", "Relu", "x", "a")
                .node("relu2", "Relu", "z", "b")
                .node("exp1", "Exp", "x", "c");
    }

    @Test
    void whatIsJoinedIsWrittenInPlace() {
        assertThat(shared(
                        maps().node("join1", "Concat", "a b c", "y", "axis", 1)
                                .node("pool1", "GlobalMaxPool", "y", "p"),
                        "p"))
                .isEqualTo("""
                    a: f32[1, 16, 4, 4] = relu(x) # relu1
                    b: f32[1, 32, 4, 4] = relu(z) # relu2
                    c: f32[1, 16, 4, 4] = exp(x) # exp1
                    y: f32[1, 64, 4, 4] = join(a, b, c) # join1
                    p: f32[1, 64, 1, 1] = globalMaxPool(y) # pool1
                    """);
    }

    @Test
    void placesOfWhatIsJoined() {
        KernelGraph graph = ShareMemory.apply(graph(
                maps().node("join1", "Concat", "a b c", "y", "axis", 1).node("pool1", "GlobalMaxPool", "y", "p"), "p"));
        PlanParts parts = PlanParts.of(graph);
        assertThat(parts.place("a")).isEqualTo(new PlanParts.Place("y", 0));
        assertThat(parts.place("b")).isEqualTo(new PlanParts.Place("y", 1024));
        assertThat(parts.place("c")).isEqualTo(new PlanParts.Place("y", 3072));
        ValuePlacement placement = placement(graph);
        assertThat(placement.arenaBytes())
                .as("one buffer, where there were two")
                .isEqualTo(4096);
        assertThat(placement.source("y")).isEqualTo(new BufferSource.Arena(0, 4096));
        assertThat(placement.source("b")).isEqualTo(new BufferSource.Arena(1024, 2048));
        KernelGraph copied = graph(
                maps().node("join1", "Concat", "a b c", "y", "axis", 1).node("pool1", "GlobalMaxPool", "y", "p"), "p");
        assertThat(placement(copied).arenaBytes()).isEqualTo(8192);
    }

    private static ValuePlacement placement(KernelGraph graph) {
        PlanParts parts = PlanParts.of(graph);
        List<List<Long>> none =
                parts.running().stream().map(_ -> List.<Long>of()).toList();
        return ValuePlacement.of(graph, parts, Map.of(), value -> PlanBuilder.bytes(graph, value), none);
    }

    /** A join of joins: places within places. */
    @Test
    void aJoinIsJoined() {
        KernelGraph graph = ShareMemory.apply(graph(
                maps().node("join1", "Concat", "a b", "ab", "axis", 1)
                        .node("join2", "Concat", "c ab", "y", "axis", 1)
                        .node("pool1", "GlobalMaxPool", "y", "p"),
                "p"));
        assertThat(PlanParts.of(graph).place("b")).isEqualTo(new PlanParts.Place("y", 2048));
        assertThat(placement(graph).source("b")).isEqualTo(new BufferSource.Arena(2048, 2048));
    }

    /** It lies in the first; in the second it is copied, as the lesser part. */
    @Test
    void whatIsJoinedTwiceIsCopiedOnce() {
        assertThat(shared(
                        maps().node("join1", "Concat", "a c", "ac", "axis", 1)
                                .node("join2", "Concat", "a b", "ab", "axis", 1)
                                .node("pool1", "GlobalMaxPool", "ac", "p")
                                .node("pool2", "GlobalMaxPool", "ab", "q"),
                        "p",
                        "q"))
                .contains("ac: f32[1, 32, 4, 4] = join(a, c) # join1")
                .contains("ab/0: f32[1, 16, 4, 4] = copy(a) # copy(a)")
                .contains("ab: f32[1, 48, 4, 4] = join(ab/0, b) # join2");
    }

    @Test
    void aJoinOfMostlyInputsStaysOneKernel() {
        assertThat(shared(
                        maps().node("join1", "Concat", "a z", "y", "axis", 1).node("pool1", "GlobalMaxPool", "y", "p"),
                        "p"))
                .contains("y: f32[1, 48, 4, 4] = concat(a, z) # join1");
    }

    @Test
    void outputsAndWhatIsOneStay() {
        assertThat(shared(maps().node("join1", "Concat", "a b", "y", "axis", 1), "y"))
                .contains("= concat(a, b)");
        assertThat(shared(
                        maps().node("join1", "Concat", "a b", "y", "axis", 1)
                                .constant("shape", NdArray.of(new long[] {48, 16}, 2))
                                .node("reshape1", "Reshape", "y shape", "r", "allowzero", 0),
                        "r"))
                .contains("= concat(a, b)");
        assertThat(shared(
                        maps().node("join1", "Concat", "a b", "y", "axis", 1).node("pool1", "GlobalMaxPool", "y", "p"),
                        "p",
                        "b"))
                .contains("= concat(a, b)");
    }

    /** Beside each other in every row: no piece of memory is one input's. */
    @Test
    void aJoinAlongAnInnerAxisStays() {
        assertThat(shared(
                        maps().node("join1", "Concat", "a c", "y", "axis", 3).node("pool1", "GlobalMaxPool", "y", "p"),
                        "p"))
                .contains("= concat(a, c)");
    }

    @Test
    void aJoinOfSeveralImagesStays() {
        TestGraph two = new TestGraph()
                .input("x", DType.F32, 2, 16, 4, 4)
                .node("relu1", "Relu", "x", "a")
                .node("exp1", "Exp", "x", "c")
                .node("join1", "Concat", "a c", "y", "axis", 1)
                .node("pool1", "GlobalMaxPool", "y", "p");
        assertThat(shared(two, "p")).contains("= concat(a, c)");
    }

    /** 3 x 3 floats are 36 bytes, and kernels want buffers at multiples of 64. */
    @Test
    void piecesThatDoNotBeginAtLinesStay() {
        TestGraph odd = new TestGraph()
                .input("x", DType.F32, 1, 1, 3, 3)
                .node("relu1", "Relu", "x", "a")
                .node("exp1", "Exp", "x", "c")
                .node("join1", "Concat", "a c", "y", "axis", 1)
                .node("pool1", "GlobalMaxPool", "y", "p");
        assertThat(shared(odd, "p")).contains("= concat(a, c)");
    }

    @Test
    void blocksOfChannelsAreJoinedWhole() {
        KernelGraph plain = graph(
                maps().node("join1", "Concat", "a b", "y", "axis", 1).node("pool1", "GlobalMaxPool", "y", "p"), "p");
        KernelGraph blocked = new KernelGraph(
                plain.inputs(),
                plain.constants(),
                plain.operations(),
                plain.outputs(),
                plain.types(),
                Map.of("a", BLOCKED, "b", BLOCKED, "y", BLOCKED));
        assertThat(ShareMemory.apply(blocked).toString()).contains("= join(a, b)");
        KernelGraph mixed = new KernelGraph(
                plain.inputs(),
                plain.constants(),
                plain.operations(),
                plain.outputs(),
                plain.types(),
                Map.of("y", BLOCKED));
        assertThat(ShareMemory.apply(mixed).toString())
                .as("another order inside")
                .contains("= concat(a, b)");
    }

    private static TestGraph slice(long start, long end, int axis) {
        return maps().constant("start", NdArray.of(new long[] {start}, 1))
                .constant("end", NdArray.of(new long[] {end}, 1))
                .constant("axis", NdArray.of(new long[] {axis}, 1))
                .node("slice1", "Slice", "b start end axis", "s")
                .node("pool1", "GlobalMaxPool", "s", "p");
    }

    @Test
    void aSliceAlongTheOutermostAxisIsReadInPlace() {
        KernelGraph graph = ShareMemory.apply(graph(slice(8, 24, 1), "p"));
        assertThat(graph.toString()).contains("s: f32[1, 16, 4, 4] = part of 512 bytes on(b) # slice1");
        assertThat(placement(graph).source("s")).isEqualTo(new BufferSource.Arena(512, 1024));
        assertThat(shared(slice(1, 3, 2), "p")).contains("= slice(b)");
    }

    /** The rest of a map is in use as long as a part of it is. */
    @Test
    void aPartKeepsTheWholeAlive() {
        KernelGraph graph = ShareMemory.apply(graph(
                slice(0, 16, 1)
                        .node("exp2", "Exp", "p", "e")
                        .node("sum1", "Add", "s e", "f")
                        .node("mul1", "Mul", "f z0", "g")
                        .input("z0", DType.F32, 1),
                "g"));
        ValuePlacement placement = placement(graph);
        assertThat(placement.source("e"))
                .isInstanceOfSatisfying(
                        BufferSource.Arena.class, e -> assertThat(e.offset()).isGreaterThanOrEqualTo(2048));
    }

    /** The second of two, and the axis is gone. */
    @Test
    void aGatherOfOneIndexIsReadInPlace() {
        TestGraph gather = new TestGraph()
                .input("x", DType.F32, 2, 16, 4, 4)
                .constant("index", NdArray.scalar(1L))
                .node("relu1", "Relu", "x", "a")
                .node("gather1", "Gather", "a index", "g", "axis", 0)
                .node("pool1", "GlobalMaxPool", "g", "p");
        assertThat(shared(gather, "p")).contains("= part of 1024 bytes on(a) # gather1");
    }

    @Test
    void aSliceOfAnInputOrForAnOutputStays() {
        assertThat(shared(
                        new TestGraph()
                                .input("x", DType.F32, 1, 32, 4, 4)
                                .constant("start", NdArray.of(new long[] {16}, 1))
                                .constant("end", NdArray.of(new long[] {32}, 1))
                                .constant("axis", NdArray.of(new long[] {1}, 1))
                                .node("slice1", "Slice", "x start end axis", "s")
                                .node("pool1", "GlobalMaxPool", "s", "p"),
                        "p"))
                .contains("= slice(x)");
        assertThat(shared(slice(0, 16, 1), "p", "s")).contains("= slice(b)");
        assertThat(shared(slice(0, 16, 1), "p", "b")).contains("= slice(b)");
    }
}

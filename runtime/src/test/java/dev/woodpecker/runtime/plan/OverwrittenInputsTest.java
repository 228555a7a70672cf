package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OverwrittenInputsTest {
    private static final int MAP_BYTES = 16 * 4 * 4 * Float.BYTES;

    private static TestGraph maps() {
        return new TestGraph()
                .input("x", DType.F32, 1, 16, 4, 4)
                .weights("w", 16, 16, 1, 1)
                .node("relu1", "Relu", "x", "a")
                .node("exp1", "Exp", "x", "b");
    }

    private static List<String> lastOf(KernelGraph graph) {
        return OverwrittenInputs.of(graph, PlanParts.of(graph), _ -> true).getLast();
    }

    private static KernelGraph joined(TestGraph graph, String... outputs) {
        return FuseKernels.apply(TestKernelGraphs.of(graph.outputs(outputs)));
    }

    private static ValuePlacement placement(KernelGraph graph) {
        PlanParts parts = PlanParts.of(graph);
        List<List<Long>> none =
                parts.running().stream().map(_ -> List.<Long>of()).toList();
        return ValuePlacement.of(
                graph,
                parts,
                Map.of(),
                value -> PlanBuilder.bytes(graph, value),
                none,
                OverwrittenInputs.of(graph, parts, _ -> true));
    }

    private static long offset(ValuePlacement placement, String value) {
        return ((BufferSource.Arena) placement.source(value)).offset();
    }

    @Test
    void aSummandOfAConvolutionMayBeOverwrittenAndWhatItSumsMayNot() {
        KernelGraph graph =
                joined(maps().node("conv1", "Conv", "a w", "c", "group", 1).node("add1", "Add", "c b", "y"), "y");
        assertThat(graph.operations().getLast().inputs()).contains("a", "b");
        assertThat(lastOf(graph)).containsExactly("b");
    }

    @Test
    void whatIsSummedAndAddedMayNotBeOverwritten() {
        KernelGraph graph =
                joined(maps().node("conv1", "Conv", "a w", "c", "group", 1).node("add1", "Add", "c a", "y"), "y");
        assertThat(lastOf(graph)).isEmpty();
    }

    @Test
    void whatIsReadAtOtherIndicesMayNotBeOverwritten() {
        assertThat(lastOf(joined(maps().node("softmax1", "Softmax", "a", "y", "axis", 3), "y")))
                .isEmpty();
        assertThat(lastOf(joined(
                        maps().node("transpose1", "Transpose", "a", "y", "perm", Attribute.of(0, 1, 3, 2)), "y")))
                .as("of the same type")
                .isEmpty();
    }

    @Test
    void aResultOfAnotherTypeNeedsMemoryOfItsOwn() {
        assertThat(lastOf(TestKernelGraphs.of(
                        maps().node("isnan1", "IsNaN", "a", "y").outputs("y"))))
                .isEmpty();
    }

    @Test
    void aKernelThatMayStoreTwiceOverwritesNothing() {
        KernelGraph graph =
                TestKernelGraphs.of(maps().node("neg1", "Neg", "a", "y").outputs("y"));
        assertThat(OverwrittenInputs.of(graph, PlanParts.of(graph), _ -> false)).allMatch(List::isEmpty);
    }

    @Test
    void aChainOfResultsLiesWhereItsFirstLay() {
        ValuePlacement placement = placement(TestKernelGraphs.of(maps().node("neg1", "Neg", "a", "c")
                .node("abs1", "Abs", "c", "d")
                .node("pool1", "GlobalMaxPool", "d", "y")
                .outputs("y")));
        assertThat(offset(placement, "c")).isEqualTo(offset(placement, "a"));
        assertThat(offset(placement, "d")).isEqualTo(offset(placement, "a"));
        assertThat(placement.arenaBytes()).isEqualTo(MAP_BYTES);
    }

    @Test
    void whatIsReadLaterKeepsItsMemory() {
        ValuePlacement placement = placement(TestKernelGraphs.of(maps().node("neg1", "Neg", "a", "c")
                .node("sum1", "Sum", "a c", "d")
                .node("pool1", "GlobalMaxPool", "d", "y")
                .outputs("y")));
        assertThat(offset(placement, "c")).isNotEqualTo(offset(placement, "a"));
        assertThat(placement.arenaBytes()).isEqualTo(2 * MAP_BYTES);
    }

    /** Every value that a step reads is still there, whatever was written since. */
    @Test
    void noValueIsOverwrittenBeforeItsLastReader() {
        for (int seed = 0; seed < 40; seed++) {
            KernelGraph graph = random(seed);
            ValuePlacement placement = placement(graph);
            Map<Long, String> written = new HashMap<>();
            for (Operation operation : PlanParts.of(graph).running()) {
                for (String input : operation.inputs()) {
                    if (placement.source(input) instanceof BufferSource.Arena(long offset, long _)) {
                        assertThat(written)
                                .as("seed %d, %s", seed, operation.name())
                                .containsEntry(offset, input);
                    }
                }
                String output = operation.outputs().getFirst();
                if (placement.source(output) instanceof BufferSource.Arena(long offset, long _)) {
                    written.put(offset, output);
                }
            }
        }
    }

    /** Operators of one and of two operands on values that were computed before, all of one size. */
    private static KernelGraph random(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TestGraph graph = maps();
        List<String> values = new java.util.ArrayList<>(List.of("a", "b"));
        for (int i = 0; i < 12; i++) {
            String first = values.get(random.nextInt(values.size()));
            String second = values.get(random.nextInt(values.size()));
            String value = "v" + i;
            boolean two = random.nextBoolean();
            graph = graph.node("node" + i, two ? "Mul" : "Neg", two ? first + " " + second : first, value);
            values.add(value);
        }
        return TestKernelGraphs.of(graph.outputs("v11", "v7"));
    }
}

package dev.woodpecker.runtime.plan.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.TestPrograms;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LayoutsTest {
    private static final LayoutMap NCHW16C = LayoutMap.rowMajor(4).blocked(1, 16);
    private static final LayoutMap ROW_MAJOR = LayoutMap.rowMajor(4);

    @Test
    void paddingIsWhatTheShapeDoesNotFill() {
        assertThat(Layouts.pads(NCHW16C, new int[] {1, 32, 7, 7})).isFalse();
        assertThat(Layouts.pads(NCHW16C, new int[] {1, 20, 7, 7})).isTrue();
        assertThat(Layouts.elements(NCHW16C, new int[] {1, 20, 7, 7})).isEqualTo(32 * 49);
    }

    @Test
    void aLayoutThatIsTheSameMemoryIsRowMajor() {
        assertThat(Layouts.simplified(NCHW16C, new int[] {1, 64, 1, 1})).isEqualTo(ROW_MAJOR);
        assertThat(Layouts.simplified(NCHW16C, new int[] {3, 64, 1, 1})).isEqualTo(ROW_MAJOR);
        assertThat(Layouts.simplified(NCHW16C, new int[] {1, 64, 2, 1})).isEqualTo(NCHW16C);
        assertThat(Layouts.simplified(NCHW16C, new int[] {1, 20, 1, 1})).isEqualTo(NCHW16C);
        LayoutMap nhwc = LayoutMap.permuted(0, 2, 3, 1);
        assertThat(Layouts.simplified(nhwc, new int[] {1, 1, 5, 5})).isEqualTo(ROW_MAJOR);
        assertThat(Layouts.simplified(nhwc, new int[] {1, 2, 5, 5})).isEqualTo(nhwc);
    }

    @Test
    void aViewKeepsBlocksWhoseAxisItKeeps() {
        LayoutMap flat = LayoutMap.rowMajor(3).blocked(1, 16);
        assertThat(Layouts.seenAs(NCHW16C, new int[] {1, 32, 5, 7}, new int[] {1, 32, 35}))
                .contains(flat);
        assertThat(Layouts.seenAs(flat, new int[] {1, 32, 35}, new int[] {1, 32, 5, 7}))
                .contains(NCHW16C);
        assertThat(Layouts.seenAs(NCHW16C, new int[] {2, 32, 5, 7}, new int[] {2, 1, 32, 5, 7}))
                .contains(LayoutMap.parse(5, "0,1,2/16,3,4,2%16"));
    }

    @Test
    void aViewOfBlocksThatItsShapeHasNoNameFor() {
        assertThat(Layouts.seenAs(NCHW16C, new int[] {1, 32, 5, 7}, new int[] {1, 32 * 35}))
                .isEmpty();
        assertThat(Layouts.seenAs(NCHW16C, new int[] {1, 32, 5, 7}, new int[] {1, 2, 16, 5, 7}))
                .isEmpty();
        LayoutMap nhwc = LayoutMap.permuted(0, 2, 3, 1);
        assertThat(Layouts.seenAs(nhwc, new int[] {1, 32, 5, 7}, new int[] {1, 32 * 5, 7}))
                .as("the merged axes do not lie beside each other")
                .isEmpty();
    }

    @Test
    void aBoxIsOnePieceAlongTheOutermostAxisOfSeveralSteps() {
        int[] shape = {1, 64, 5, 7};
        assertThat(Layouts.offset(ROW_MAJOR, shape, List.of(0L, 3L, 0L, 0L), List.of(1L, 20L, 5L, 7L)))
                .hasValue(3 * 35);
        assertThat(Layouts.offset(NCHW16C, shape, List.of(0L, 32L, 0L, 0L), List.of(1L, 16L, 5L, 7L)))
                .hasValue(32 * 35);
        assertThat(Layouts.offset(ROW_MAJOR, shape, List.of(0L, 3L, 2L, 0L), List.of(1L, 1L, 2L, 7L)))
                .as("rows of one channel")
                .hasValue(3 * 35 + 2 * 7);
    }

    @Test
    void aBoxInPieces() {
        int[] shape = {2, 64, 5, 7};
        assertThat(Layouts.offset(ROW_MAJOR, shape, List.of(0L, 0L, 0L, 0L), List.of(2L, 16L, 5L, 7L)))
                .as("channels of two images")
                .isEmpty();
        assertThat(Layouts.offset(ROW_MAJOR, shape, List.of(0L, 0L, 0L, 1L), List.of(1L, 1L, 5L, 2L)))
                .as("columns of several rows")
                .isEmpty();
        assertThat(Layouts.offset(NCHW16C, shape, List.of(0L, 8L, 0L, 0L), List.of(1L, 16L, 5L, 7L)))
                .as("halves of two blocks")
                .isEmpty();
        assertThat(Layouts.offset(NCHW16C, new int[] {1, 20, 5, 7}, List.of(0L, 0L, 0L, 0L), List.of(1L, 16L, 5L, 7L)))
                .as("a tensor with padding")
                .isEmpty();
    }

    private static TensorProgram maxPool(long channels) {
        return TestPrograms.of(
                "MaxPool",
                Binding.of("maxPool")
                        .tensor("x", DType.F32, 1, channels, 8, 8)
                        .ints("kernelShape", 2, 2)
                        .ints("strides", 2, 2)
                        .ints("pads", 0, 0, 0, 0)
                        .ints("dilations", 1, 1)
                        .integer("ceilMode", 0));
    }

    @Test
    void poolingTakesBlockedChannelsIfTheyAreWhole() {
        assertThat(LayoutTakers.takers(maxPool(32), NCHW16C).keySet()).isEqualTo(Set.of("x", "out"));
        assertThat(LayoutTakers.takers(maxPool(20), NCHW16C)).isEmpty();
    }

    @Test
    void concatenationTakesThemIfEveryPartIsWhole() {
        var whole = Binding.of("concat")
                .tensors(
                        "inputs",
                        Binding.Argument.Dense.of(DType.F32, 1, 32, 4, 4),
                        Binding.Argument.Dense.of(DType.F32, 1, 16, 4, 4))
                .integer("axis", 1);
        assertThat(LayoutTakers.takers(TestPrograms.of("Concat", whole), NCHW16C))
                .containsOnlyKeys("inputs0", "inputs1", "out");
        var ragged = Binding.of("concat")
                .tensors(
                        "inputs",
                        Binding.Argument.Dense.of(DType.F32, 1, 20, 4, 4),
                        Binding.Argument.Dense.of(DType.F32, 1, 12, 4, 4))
                .integer("axis", 1);
        assertThat(LayoutTakers.takers(TestPrograms.of("Concat", ragged), NCHW16C))
                .containsOnlyKeys("out");
    }

    @Test
    void aReductionOverTheBlockedAxisDoesNot() {
        TensorProgram softmax = TestPrograms.of(
                "Softmax",
                Binding.of("softmax").tensor("x", DType.F32, 1, 32, 4, 4).integer("axis", 1));
        assertThat(LayoutTakers.takers(softmax, NCHW16C)).doesNotContainKey("x");
    }

    @Test
    void onlyReadsAtTheOwnIndexCountAsSuch() {
        TensorProgram add = TestPrograms.of(
                "Add", Binding.of("add").tensor("a", DType.F32, 1, 8).tensor("b", DType.F32, 8));
        assertThat(LayoutTakers.readsAtOwnIndex(add, "a")).isTrue();
        assertThat(LayoutTakers.readsAtOwnIndex(add, "b")).isFalse();
    }
}

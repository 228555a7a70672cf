package dev.woodpecker.runtime.plan.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.TestPrograms;
import org.junit.jupiter.api.Test;

class CostTest {
    @Test
    void aProductHasAMultiplyAddAPoint() {
        TensorProgram matmul = TestPrograms.of(
                "MatMul", Binding.of("matmul").tensor("a", DType.F32, 10, 20).tensor("b", DType.F32, 20, 30));
        assertThat(Cost.of(matmul)).isEqualTo(new Cost(2 * 10 * 20 * 30, 10 * 20 * 30, 4 * (200 + 600 + 300)));
    }

    /** ResNet-50's first layer: 118.0 million multiply-adds. */
    @Test
    void aConvolutionCountsPaddedPointsToo() {
        TensorProgram conv = TestPrograms.of(
                "Conv",
                Binding.of("conv2d")
                        .tensor("x", DType.F32, 1, 3, 224, 224)
                        .tensor("w", DType.F32, 64, 3, 7, 7)
                        .ints("strides", 2, 2)
                        .ints("pads", 3, 3, 3, 3)
                        .ints("dilations", 1, 1)
                        .integer("group", 1));
        assertThat(Cost.of(conv).multiplyAdds()).isEqualTo(112L * 112 * 64 * 3 * 49);
    }

    @Test
    void movingIsNoArithmetic() {
        TensorProgram transpose = TestPrograms.of(
                "Transpose",
                Binding.of("transpose").tensor("x", DType.F32, 5, 7).ints("perm", 1, 0));
        assertThat(Cost.of(transpose)).isEqualTo(new Cost(0, 0, 2 * 35 * 4));
    }

    /** Positions are integers as well, but no elements. */
    @Test
    void productsOfBytesAreCountedHoweverTheyAreWritten() {
        Binding bytes = Binding.of("matmul")
                .tensor("a", DType.U8, 10, 20)
                .tensor("b", DType.U8, 20, 30)
                .integer("aOffset", 0)
                .integer("bOffset", 128);
        Cost cost = Cost.of(TestPrograms.of("MatMulInteger", bytes));
        assertThat(cost.multiplyAdds()).isGreaterThanOrEqualTo(10 * 20 * 30);
        assertThat(cost.flops()).isGreaterThanOrEqualTo(2 * 10 * 20 * 30);
    }
}

package dev.woodpecker.runtime.plan.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.TestPrograms;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PointwiseMergeTest {
    private static final TensorProgram MATMUL = TestPrograms.of(
            "MatMul", Binding.of("matmul").tensor("a", DType.F32, 2, 3).tensor("b", DType.F32, 3, 4));

    private static TensorProgram add(long... otherShape) {
        return TestPrograms.of(
                "Add", Binding.of("add").tensor("a", DType.F32, 2, 4).tensor("b", DType.F32, otherShape));
    }

    @Test
    void biasBecomesTheEndOfAProduct() {
        var merged = PointwiseMerge.merge(MATMUL, add(4), Set.of(0), Map.of()).orElseThrow();
        assertThat(IrText.of(merged.program())).isEqualTo("""
            program matmul_add
                input a: f32[2, 3]
                input b: f32[3, 4]
                input b2: f32[4]
                out[i < 2, j < 4]: f32
                    acc = sum[k < 3] a[i, k] * b[k, j]
                    = acc + b2[j]
                output out
            """);
        assertThat(merged.inputOrigins())
                .containsExactly(
                        new PointwiseMerge.InputOrigin(true, 0),
                        new PointwiseMerge.InputOrigin(true, 1),
                        new PointwiseMerge.InputOrigin(false, 1));
    }

    @Test
    void aTensorThatBothReadIsOneInput() {
        TensorProgram square = TestPrograms.of(
                "MatMul", Binding.of("matmul").tensor("a", DType.F32, 2, 2).tensor("b", DType.F32, 2, 2));
        TensorProgram add = TestPrograms.of(
                "Add", Binding.of("add").tensor("a", DType.F32, 2, 2).tensor("b", DType.F32, 2, 2));
        var merged = PointwiseMerge.merge(square, add, Set.of(1), Map.of(0, 0)).orElseThrow();
        assertThat(merged.program().inputs()).hasSize(2);
        assertThat(IrText.of(merged.program())).contains("= a[i, j] + acc");
    }

    @Test
    void theJoinedProgramComputesWhatTheTwoDo() {
        HostTensor a = HostTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        HostTensor b = HostTensor.of(new float[] {1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6}, 3, 4);
        HostTensor bias = HostTensor.of(new float[] {0.5f, 1.5f, 2.5f, 3.5f}, 4);
        HostTensor product = Interpreter.run(MATMUL, Map.of("a", a, "b", b)).get("out");
        TensorProgram add = add(4);
        HostTensor expected =
                Interpreter.run(add, Map.of("a", product, "b", bias)).get("out");
        var merged = PointwiseMerge.merge(MATMUL, add, Set.of(0), Map.of()).orElseThrow();
        assertThat(Interpreter.run(merged.program(), Map.of("a", a, "b", b, "b2", bias)))
                .containsEntry("out", expected);
    }

    @Test
    void aBroadcastResultOrAConsumerThatReducesStaysApart() {
        TensorProgram wider = TestPrograms.of(
                "Add", Binding.of("add").tensor("a", DType.F32, 2, 4).tensor("b", DType.F32, 5, 2, 4));
        assertThat(PointwiseMerge.merge(MATMUL, wider, Set.of(0), Map.of())).isEmpty();
        TensorProgram softmax = TestPrograms.of(
                "Softmax", Binding.of("softmax").tensor("x", DType.F32, 2, 4).integer("axis", 1));
        assertThat(PointwiseMerge.merge(MATMUL, softmax, Set.of(0), Map.of())).isEmpty();
        TensorProgram transpose = TestPrograms.of(
                "Transpose",
                Binding.of("transpose").tensor("x", DType.F32, 2, 4).ints("perm", 1, 0));
        assertThat(PointwiseMerge.merge(MATMUL, transpose, Set.of(0), Map.of())).isEmpty();
    }

    /** x * sigmoid(x), of a result that is then written out twice. */
    @Test
    void aResultThatIsReadTwiceIsWrittenTwice() {
        TensorProgram multiply = TestPrograms.of(
                "Mul", Binding.of("multiply").tensor("a", DType.F32, 2, 4).tensor("b", DType.F32, 2, 4));
        var merged =
                PointwiseMerge.merge(MATMUL, multiply, Set.of(0, 1), Map.of()).orElseThrow();
        assertThat(IrText.of(merged.program())).contains("= acc * acc");
    }

    @Test
    void repeatedDoublingStopsGrowing() {
        TensorProgram multiply = TestPrograms.of(
                "Mul", Binding.of("multiply").tensor("a", DType.F32, 2, 4).tensor("b", DType.F32, 2, 4));
        TensorProgram current = MATMUL;
        int joined = 0;
        while (joined < 100) {
            var merged = PointwiseMerge.merge(current, multiply, Set.of(0, 1), Map.of());
            if (merged.isEmpty()) {
                break;
            }
            current = merged.get().program();
            joined++;
        }
        assertThat(joined).isBetween(4, 12);
    }
}

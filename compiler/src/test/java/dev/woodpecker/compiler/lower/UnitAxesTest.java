package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Axes of one element after the channels do not keep these from vectors. */
class UnitAxesTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v3");

    @ParameterizedTest
    @CsvSource({"2, 32, 8", "1, 8, 8", "2, 48, 16", "2, 20, 8"})
    void aGlobalPoolingAddsUpVectorsOfChannelsThatLieInBlocks(long maps, long channels, long block) {
        TensorProgram program = Specializer.specialize(
                TestKernels.GLOBAL_SUM, Binding.of("k").tensor("x", DType.F32, maps, channels, 3, 5));
        LayoutMap blocked = LayoutMap.rowMajor(4).blocked(1, block);
        LoweredKernel kernel = Lowering.lower(
                program,
                DefaultSchedule.of(program, TARGET, Numerics.FP32, Map.of("x", blocked)),
                TARGET,
                Numerics.FP32);
        String text = CPrinter.print(kernel, Dialect.C);
        assertThat(text).contains(" += load_f32x8(x + ").doesNotContain(" += x[");
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(kernel, inputs);
        assertThat(result.status()).isZero();
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .isLessThanOrEqualTo(1e-5));
    }

    @Test
    void channelsThatLieApartAreNotGathered() {
        TensorProgram program =
                Specializer.specialize(TestKernels.GLOBAL_SUM, Binding.of("k").tensor("x", DType.F32, 1, 32, 3, 5));
        LoweredKernel kernel = Lowering.lower(
                program, DefaultSchedule.of(program, TARGET, Numerics.FP32, Map.of()), TARGET, Numerics.FP32);
        assertThat(CPrinter.print(kernel, Dialect.C)).contains(" += x[").doesNotContain("gather");
    }
}

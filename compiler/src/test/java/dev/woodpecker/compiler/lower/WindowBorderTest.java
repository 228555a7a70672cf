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
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Border;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A window over channels in blocks of lanes, with padding. */
class WindowBorderTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v3");
    private static final LayoutMap BLOCKED = LayoutMap.rowMajor(4).blocked(1, 8);

    private static TensorProgram depthwise(long channels, long size, long stride) {
        return Specializer.specialize(
                TestKernels.CONVOLUTION,
                Binding.of("k")
                        .tensor("x", DType.F32, 1, channels, size, size)
                        .tensor("w", DType.F32, channels, 1, 3, 3)
                        .tensor("b", DType.F32, channels)
                        .ints("strides", stride, stride)
                        .ints("pads", 1, 1, 1, 1)
                        .integer("group", channels));
    }

    private static Trace schedule(TensorProgram program) {
        return DefaultSchedule.of(
                program,
                TARGET,
                Numerics.FP32,
                Map.of("x", BLOCKED, program.outputs().getFirst(), BLOCKED));
    }

    @ParameterizedTest
    @CsvSource({
        // Four blocks and few rows, blocks shared out; one block, rows shared out; 16 blocks.
        "32, 6, 1, PEEL",
        "8, 16, 1, PEEL",
        "128, 4, 1, PEEL",
        "32, 16, 1, PEEL",
        "16, 32, 2, PEEL",
        "32, 8, 2, PEEL",
        // Neither blocks nor rows to share out; a row of two tiles or of a prime number of pixels; two rows.
        "8, 8, 1, HALO",
        "32, 22, 1, HALO",
        "32, 11, 1, HALO",
        "32, 2, 1, HALO"
    })
    void endsHaveCodeOfTheirOwnWhereTilesAndIterationsSuffice(long channels, long size, long stride, Border.Mode mode) {
        TensorProgram program = depthwise(channels, size, stride);
        Trace trace = schedule(program);
        assertThat(trace.steps())
                .filteredOn(Border.class::isInstance)
                .extracting(step -> ((Border) step).mode())
                .containsExactly(mode);
        LoweredKernel kernel = Lowering.lower(program, trace, TARGET, Numerics.FP32);
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(program);
        KernelResult result = Interpreter.run(kernel, inputs);
        assertThat(result.status()).isZero();
        Interpreter.run(program, inputs)
                .forEach((name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                        .as(IrText.of(program))
                        .isLessThanOrEqualTo(1e-5));
    }

    @Test
    void betweenTheEndsThereIsNoCondition() {
        TensorProgram program = depthwise(8, 16, 1);
        String text = CPrinter.print(Lowering.lower(program, schedule(program), TARGET, Numerics.FP32), Dialect.C);
        assertThat(text).doesNotContain("halo").doesNotContain("?").contains("< 1) {", "< 15) {");
    }
}

package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.program.StageSplit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wherever the choices of the library's convolutions lead, in all variants, the kernel computes what its program does. */
@Execution(ExecutionMode.CONCURRENT)
class SpacePointsTest {
    private static final int POINTS = 8;

    @ParameterizedTest
    @CsvSource({
        "winograd2, 32, 8, cpu:x86-64-v4",
        "winograd4, 32, 8, cpu:x86-64-v4",
        "winograd4, 16, 12, cpu:x86-64-v4",
        "winograd4, 16, 9, cpu:x86-64-v3",
        "winograd2, 8, 7, cpu:x86-64-v2",
        "direct, 16, 8, cpu:x86-64-v4",
        "im2col, 16, 8, cpu:x86-64-v4"
    })
    void everyPointComputesWhatTheProgramDoes(String variant, int channels, int size, String processor) {
        Target target = Target.parse(processor);
        CompiledKernel kernel = KernelLibrary.ofClassPath().kernels("Conv").stream()
                .filter(k -> k.spec().variant().equals(variant))
                .findFirst()
                .orElseThrow();
        TensorProgram whole = Specializer.specialize(
                kernel.spec(),
                Binding.of("conv")
                        .tensor("x", DType.F32, 1, channels, size, size)
                        .tensor("w", DType.F32, 32, channels, 3, 3)
                        .tensor("b", DType.F32, 32)
                        .ints("strides", 1, 1)
                        .ints("pads", 1, 1, 1, 1)
                        .ints("dilations", 1, 1)
                        .integer("group", 1));
        Set<String> constants = new HashSet<>(Set.of("w", "b"));
        TensorProgram program = StageSplit.of(whole, constants)
                .map(split -> {
                    constants.addAll(split.first().outputs());
                    return split.second();
                })
                .orElse(whole);
        LayoutMap blocked = LayoutMap.rowMajor(4).blocked(1, target.lanes(4));
        Map<String, LayoutMap> layouts = Map.of("x", blocked, program.outputs().getFirst(), blocked);
        check(new ScheduleSpace(program, target, Numerics.FP32, layouts, constants));
    }

    private static void check(ScheduleSpace space) {
        Map<String, HostTensor> inputs = inputs(space.program());
        Map<String, HostTensor> expected = Interpreter.run(space.program(), inputs);
        Random random = new Random(5);
        int scheduled = 0;
        for (int i = 0; i < POINTS; i++) {
            SpacePoint point =
                    space.point(p -> p.domain().get(random.nextInt(p.domain().size())));
            if (point instanceof SpacePoint.Scheduled(List<Decision> decisions, Trace trace)) {
                scheduled++;
                LoweredKernel kernel = Lowering.lower(space.program(), trace, space.target(), space.numerics());
                KernelResult result = Interpreter.run(kernel, inputs);
                assertThat(result.status()).isZero();
                expected.forEach((name, tensor) -> assertThat(difference(tensor, result.output(name)))
                        .as("%s", decisions)
                        .isLessThan(1e-4));
            }
        }
        assertThat(scheduled).as("points that fit").isGreaterThan(POINTS / 2);
    }

    /** Small whole numbers: most sums are exact. */
    private static Map<String, HostTensor> inputs(TensorProgram program) {
        Random random = new Random(3);
        Map<String, HostTensor> inputs = new HashMap<>();
        for (TensorProgram.Declaration d : program.inputs()) {
            long[] shape = d.shape().stream()
                    .mapToLong(e -> ((Expr.IntConst) e).value())
                    .toArray();
            int elements = HostTensor.zeros(d.type(), shape).elements();
            double[] values = random.ints(elements, -2, 3).asDoubleStream().toArray();
            inputs.put(d.name(), HostTensor.ofReals(d.type(), values, shape));
        }
        return inputs;
    }

    /** The greatest difference, relative to the greatest element. */
    private static double difference(HostTensor expected, HostTensor actual) {
        double greatest = 1;
        double difference = 0;
        for (int i = 0; i < expected.elements(); i++) {
            greatest = Math.max(greatest, Math.abs(expected.real(i)));
            difference = Math.max(difference, Math.abs(expected.real(i) - actual.real(i)));
        }
        return difference / greatest;
    }
}

package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Wherever choices lead, the kernel computes what its program does; the verifier and the interpreter look on. */
class ScheduleSpaceMeaningTest {
    private static final int POINTS = 12;

    record Case(
            String name, KernelSpec spec, Binding binding, Set<String> constants, Numerics numerics, String processor) {
        Case(String name, KernelSpec spec, Binding binding, Set<String> constants, Numerics numerics) {
            this(name, spec, binding, constants, numerics, "cpu:x86-64-v4");
        }

        ScheduleSpace space() {
            TensorProgram program = Specializer.specialize(spec, binding);
            Target target = Target.parse(processor);
            Map<String, LayoutMap> layouts = new HashMap<>(DefaultSchedule.preferredLayouts(program, target, numerics));
            layouts.keySet().removeAll(constants);
            return new ScheduleSpace(program, target, numerics, layouts, constants);
        }

        @Override
        public String toString() {
            return name + " on " + processor;
        }
    }

    static List<Case> cases() {
        return List.of(
                convolution("3x3", 32, 9, 3, 1, 1, 48),
                convolution("3x3 of stride 2", 32, 9, 3, 2, 1, 32),
                convolution("1x1", 64, 7, 1, 1, 0, 32),
                convolution("few channels", 3, 11, 5, 2, 2, 20),
                convolution("vectors of rows", 5, 20, 1, 1, 0, 13),
                convolution("vectors of strided rows", 3, 35, 3, 2, 1, 10),
                new Case("depthwise", TestKernels.CONVOLUTION, depthwise(32, 12), Set.of("w", "b"), Numerics.FP32),
                new Case(
                        "softmax",
                        TestKernels.SOFTMAX,
                        Binding.of("k").tensor("x", DType.F32, 5, 130),
                        Set.of(),
                        Numerics.FP32),
                new Case(
                        "layer norm",
                        TestKernels.LAYER_NORM,
                        Binding.of("k").tensor("x", DType.F32, 5, 64).tensor("scale", DType.F32, 64),
                        Set.of("scale"),
                        Numerics.FP32),
                new Case("matmul", TestKernels.MATMUL, matmul(11, 48, 35), Set.of("b"), Numerics.FP32),
                new Case("one row", TestKernels.MATMUL, matmul(1, 48, 256), Set.of("b"), Numerics.FP32),
                new Case(
                        "convolution",
                        TestKernels.CONVOLUTION,
                        convolution("", 24, 9, 3, 1, 1, 40).binding,
                        Set.of("w"),
                        Numerics.FP32,
                        "cuda:sm_80"),
                new Case("long matmul", TestKernels.MATMUL, matmul(17, 256, 33), Set.of(), Numerics.FP32, "cuda:sm_80"),
                new Case("strict matmul", TestKernels.MATMUL, matmul(11, 48, 35), Set.of("b"), Numerics.STRICT));
    }

    private static Case convolution(String name, long c, long size, long window, long stride, long pad, long k) {
        Binding binding = Binding.of("k")
                .tensor("x", DType.F32, 1, c, size, size)
                .tensor("w", DType.F32, k, c, window, window)
                .tensor("b", DType.F32, k)
                .ints("strides", stride, stride)
                .ints("pads", pad, pad, pad, pad)
                .integer("group", 1);
        return new Case(name, TestKernels.CONVOLUTION, binding, Set.of("w", "b"), Numerics.FP32);
    }

    private static Binding depthwise(long channels, long size) {
        return Binding.of("k")
                .tensor("x", DType.F32, 1, channels, size, size)
                .tensor("w", DType.F32, channels, 1, 3, 3)
                .tensor("b", DType.F32, channels)
                .ints("strides", 1, 1)
                .ints("pads", 1, 1, 1, 1)
                .integer("group", channels);
    }

    private static Binding matmul(long m, long k, long n) {
        return Binding.of("k").tensor("a", DType.F32, m, k).tensor("b", DType.F32, k, n);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyPointComputesWhatTheProgramDoes(Case c) {
        ScheduleSpace space = c.space();
        Map<String, HostTensor> inputs = DefaultScheduleMeaningTest.inputs(space.program());
        Map<String, HostTensor> expected = Interpreter.run(space.program(), inputs);
        Random random = new Random(7);
        int scheduled = 0;
        for (int i = 0; i < POINTS; i++) {
            SpacePoint point =
                    space.point(p -> p.domain().get(random.nextInt(p.domain().size())));
            if (point instanceof SpacePoint.Scheduled(List<Decision> decisions, Trace trace)) {
                scheduled++;
                List<Finding> findings = new ArrayList<>();
                LoweredKernel kernel =
                        Lowering.lower(space.program(), trace, space.target(), space.numerics(), (pass, s) -> {
                            if (pass.equals(space.target().isCuda() ? "insert barriers" : "place")) {
                                findings.addAll(Verifier.verify(space.program().name(), s, space.target()));
                            }
                        });
                assertThat(findings).as("%s", decisions).isEmpty();
                KernelResult result = Interpreter.run(kernel, inputs);
                expected.forEach(
                        (name, tensor) -> assertThat(DefaultScheduleMeaningTest.distance(tensor, result.output(name)))
                                .as("%s", decisions)
                                .isLessThanOrEqualTo(1e-5));
            }
        }
        assertThat(scheduled).as("points that fit").isGreaterThan(POINTS / 2);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decisionsLeadBackToTheirPoint(Case c) {
        ScheduleSpace space = c.space();
        Random random = new Random(11);
        SpacePoint point =
                space.point(p -> p.domain().get(random.nextInt(p.domain().size())));
        Map<String, Long> decisions = new HashMap<>();
        point.decisions().forEach(d -> decisions.put(d.point().name(), d.value()));
        assertThat(space.point(Chooser.of(decisions))).isEqualTo(point);
    }

    @Test
    void thePreferredPointIsTheDefaultSchedule() {
        ScheduleSpace space = cases().getFirst().space();
        assertThat(space.point(Chooser.preferred()))
                .isInstanceOfSatisfying(
                        SpacePoint.Scheduled.class,
                        point -> assertThat(point.trace()).isEqualTo(DefaultSchedule.of(space)));
    }

    @ParameterizedTest(name = "{0} rows, {1} columns")
    @CsvSource({
        "1, 2048, 4", // two vectors a block: eight sums in flight
        "2, 2048, 2",
        "4, 2048, 1", // enough sums without
        "1, 1024, 2", // not so many that workers have nothing to share
        "1, 512, 1"
    })
    void ofFewRowsATileTakesSeveralBlocksOfColumns(long rows, long columns, long blocks) {
        Binding binding = matmul(rows, 64, columns);
        ScheduleSpace space = new Case("", TestKernels.MATMUL, binding, Set.of("b"), Numerics.FP32).space();
        long taken = space.point(Chooser.preferred()).decisions().stream()
                .filter(decision -> decision.point().name().endsWith(".tile.streams"))
                .mapToLong(Decision::value)
                .findFirst()
                .orElse(1);
        assertThat(taken).isEqualTo(blocks);
    }
}

package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.TestKernels;
import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.GeneralizeConstants.Generalized;
import dev.woodpecker.compiler.schedule.Chooser;
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
import org.junit.jupiter.params.provider.MethodSource;

class GeneralizeConstantsTest {
    private static final Target TARGET = Target.parse("cpu:x86-64-v4");
    private static final int POINTS = 4;

    static List<ScheduleSpaceMeaningTest.Case> cases() {
        return ScheduleSpaceMeaningTest.cases().stream()
                .filter(c -> c.processor().startsWith("cpu"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void withItsValuesAKernelMeansWhatItDid(ScheduleSpaceMeaningTest.Case c) {
        ScheduleSpace space = c.space();
        Random random = new Random(11);
        List<Integer> compared = new ArrayList<>();
        for (int i = 0; i < POINTS; i++) {
            Chooser chooser = i == 0
                    ? Chooser.preferred()
                    : choice ->
                            choice.domain().get(random.nextInt(choice.domain().size()));
            if (space.point(chooser) instanceof SpacePoint.Scheduled scheduled) {
                LoweredKernel kernel =
                        Lowering.lower(space.program(), scheduled.trace(), space.target(), space.numerics());
                Map<String, HostTensor> inputs = inputs(space.program());
                Generalized general = GeneralizeConstants.apply(kernel);
                assertThat(Interpreter.run(general.kernel(), inputs, named(general)))
                        .isEqualTo(Interpreter.run(kernel, inputs));
                compared.add(i);
            }
        }
        assertThat(compared).isNotEmpty();
    }

    private static Map<String, Long> named(Generalized general) {
        Map<String, Long> values = new HashMap<>();
        for (int i = 0; i < general.values().size(); i++) {
            values.put(
                    general.kernel().parameters().get(i).name(),
                    general.values().get(i));
        }
        return values;
    }

    private static Map<String, HostTensor> inputs(TensorProgram program) {
        Random random = new Random(5);
        Map<String, HostTensor> inputs = new HashMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            long[] shape = input.shape().stream()
                    .mapToLong(extent -> dev.woodpecker.compiler.ir.IndexMath.constant(extent)
                            .orElseThrow())
                    .toArray();
            double[] values = new double[HostTensor.zeros(input.type(), shape).elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(-3, 4);
            }
            inputs.put(input.name(), HostTensor.ofReals(input.type(), values, shape));
        }
        return inputs;
    }

    private static TensorProgram product(long rows, long columns, long inner) {
        return Specializer.specialize(
                TestKernels.MATMUL,
                Binding.of("product " + rows)
                        .tensor("a", DType.F32, rows, inner)
                        .tensor("b", DType.F32, inner, columns));
    }

    /** Under one trace: what the rules choose may depend on the shape. */
    private static Generalized general(TensorProgram program) {
        Trace trace = DefaultSchedule.of(
                new ScheduleSpace(product(168, 256, 384), TARGET, Numerics.FP32, Map.of(), Set.of("b")));
        return GeneralizeConstants.apply(Lowering.lower(program, trace, TARGET, Numerics.FP32));
    }

    private static String text(Generalized general) {
        return CPrinter.print(general.kernel(), Dialect.C);
    }

    @Test
    void kernelsOfOtherShapesAreTheSameText() {
        Generalized small = general(product(168, 256, 384));
        Generalized large = general(product(336, 512, 768));
        assertThat(text(large)).isEqualTo(text(small));
        assertThat(large.values()).isNotEqualTo(small.values());
    }

    @Test
    void registerTilesStayInTheText() {
        assertThat(text(general(product(168, 256, 384))))
                .contains("out_acc_0_1 +=")
                .contains(" + 16)");
    }
}

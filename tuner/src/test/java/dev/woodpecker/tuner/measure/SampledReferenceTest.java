package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SampledReferenceTest {
    static Stream<Arguments> programs() {
        return Stream.of(
                        TestTasks.matrixProduct(5, 7, 9),
                        TestTasks.convolution("direct", 3, 4, 6, 2),
                        TestTasks.convolution("winograd2", 2, 3, 5, 1),
                        TestTasks.softmax(3, 10),
                        arguments(
                                "ArgMax",
                                "argmax",
                                b -> b.tensor("x", DType.F32, 4, 9)
                                        .integer("axis", 1)
                                        .integer("keepdims", 1)
                                        .integer("selectLastIndex", 0)),
                        elementwise("Erf", DType.F64),
                        elementwise("Floor", DType.F16))
                .map(program -> Arguments.of(program.name(), program));
    }

    private static TensorProgram elementwise(String operator, DType type) {
        return arguments(operator, operator, b -> b.tensor("x", type, 3, 5));
    }

    private static TensorProgram arguments(
            String operator, String name, java.util.function.UnaryOperator<Binding> bind) {
        return Specializer.specialize(TestTasks.kernel(operator, ""), bind.apply(Binding.of(name)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("programs")
    void hasTheInterpretersElements(String name, TensorProgram program) {
        SampledReference reference = SampledReference.of(program, Numerics.FP32);
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < program.inputs().size(); i++) {
            inputs.put(program.inputs().get(i).name(), input(program, i, reference.inputs()));
        }
        Map<String, HostTensor> outputs = Interpreter.run(program, inputs);
        for (int i = 0; i < program.outputs().size(); i++) {
            HostTensor output =
                    Objects.requireNonNull(outputs.get(program.outputs().get(i)));
            Job.Expectation expected = reference.outputs().get(i);
            assertThat(expected.positions()).hasSizeGreaterThan(Math.min(200, output.elements() / 2));
            for (int j = 0; j < expected.positions().size(); j++) {
                int position = expected.positions().get(j).intValue();
                long bits = output.type().isFloat()
                        ? Double.doubleToRawLongBits(output.real(position))
                        : output.integer(position);
                assertThat(expected.bits().get(j)).as("element %d", position).isEqualTo(bits);
            }
        }
    }

    private static HostTensor input(TensorProgram program, int input, InputRange range) {
        TensorProgram.Declaration declared = program.inputs().get(input);
        long[] shape = declared.shape().stream()
                .mapToLong(extent -> IndexMath.constant(extent).orElseThrow())
                .toArray();
        int elements = HostTensor.zeros(declared.type(), shape).elements();
        double[] reals = new double[elements];
        long[] integers = new long[elements];
        for (int i = 0; i < elements; i++) {
            reals[i] = InputRange.real(input, declared.type(), i);
            integers[i] = range.integer(input, declared.type(), i);
        }
        return declared.type().isFloat()
                ? HostTensor.ofReals(declared.type(), reals, shape)
                : HostTensor.ofIntegers(declared.type(), integers, shape);
    }

    @Test
    void toleratesWhatAnotherOrderOfASumMayChange() {
        Job.Expectation product = SampledReference.of(TestTasks.matrixProduct(8, 8, 400), Numerics.FP32)
                .outputs()
                .getFirst();
        // 8 * sqrt(400) * 2^-24 * 400 * E|xy|, and E|xy| is 1/4 for two of [-1, 1).
        assertThat(product.tolerances().getFirst()).isCloseTo(8 * 20 * 0x1p-24 * 100, within(3e-4));
    }

    @Test
    void toleratesNothingInStrictNumericsButWhereAFunctionRounds() {
        assertThat(SampledReference.of(TestTasks.matrixProduct(8, 8, 40), Numerics.STRICT)
                        .outputs()
                        .getFirst()
                        .tolerances())
                .containsOnly(0.0);
        assertThat(SampledReference.of(TestTasks.softmax(3, 10), Numerics.STRICT)
                        .outputs()
                        .getFirst()
                        .tolerances())
                .allMatch(tolerance -> tolerance > 0 && tolerance < 1e-5);
    }

    @Test
    void takesFewerElementsOfALongSum() {
        SampledReference reference = SampledReference.of(TestTasks.matrixProduct(40, 40, 100_000), Numerics.FP32);
        assertThat(reference.outputs().getFirst().positions()).hasSizeBetween(4, 20);
    }

    @Test
    void indicesStayWithinWhatTheyIndex() {
        TensorProgram gather = arguments(
                "Gather",
                "gather",
                b -> b.tensor("data", DType.F32, 2, 5)
                        .tensor("indices", DType.I64, 6)
                        .integer("axis", 0));
        assertThat(SampledReference.of(gather, Numerics.FP32).inputs().greatest())
                .isLessThan(2);
    }
}

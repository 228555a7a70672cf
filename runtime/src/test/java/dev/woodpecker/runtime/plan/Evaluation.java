package dev.woodpecker.runtime.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.inference.GraphInference;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/** Small graphs computed by the interpreter, to compare what they mean before and after a pass. */
public final class Evaluation {
    private Evaluation() {}

    /** The graph with the types of all its values, as passes get it. */
    public static Graph inferred(Graph graph) {
        KernelBinder binder = new KernelBinder(KernelLibrary.ofClassPath());
        return GraphInference.infer("test", graph, binder, _ -> Optional.empty())
                .graph();
    }

    /** The graph's outputs, in the same order, for seeded random inputs between -2 and 2. */
    public static Map<String, double[]> outputs(Graph graph) {
        return outputs(TestKernelGraphs.of(graph));
    }

    private static Map<String, double[]> outputs(KernelGraph kernels) {
        Map<String, HostTensor> values = new HashMap<>();
        SplittableRandom random = new SplittableRandom(11);
        for (String input : kernels.inputs()) {
            values.put(input, random(kernels.type(input), random));
        }
        kernels.constants().forEach((name, array) -> values.put(name, tensor(array)));
        for (Operation operation : kernels.operations()) {
            switch (operation) {
                case Operation.View view ->
                    values.put(view.output(), reshaped(value(values, view.input()), kernels.type(view.output())));
                case Operation.Kernel kernel -> run(kernel, values);
                case Operation.Part _, Operation.Join _ -> throw new IllegalStateException(operation.toString());
            }
        }
        Map<String, double[]> outputs = new LinkedHashMap<>();
        kernels.outputs().forEach(output -> outputs.put(output, reals(value(values, output))));
        return outputs;
    }

    /** Both graphs compute the same, to single precision. */
    public static void assertSame(Graph before, Graph after) {
        assertSame(outputs(before), outputs(after));
    }

    /** The same of graphs of kernels. */
    static void assertSame(KernelGraph before, KernelGraph after) {
        assertSame(outputs(before), outputs(after));
    }

    private static void assertSame(Map<String, double[]> expected, Map<String, double[]> actual) {
        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, values) -> {
            double scale = 0;
            for (double value : values) {
                scale = Math.max(scale, Math.abs(value));
            }
            assertThat(actual.get(name)).as(name).containsExactly(values, within(1e-5 * scale));
        });
    }

    private static org.assertj.core.data.Offset<Double> within(double bound) {
        return org.assertj.core.data.Offset.offset(bound);
    }

    private static void run(Operation.Kernel kernel, Map<String, HostTensor> values) {
        TensorProgram program = kernel.program();
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        for (int i = 0; i < kernel.inputs().size(); i++) {
            TensorProgram.Declaration declared = program.inputs().get(i);
            int[] extents = declared.shape().stream()
                    .mapToInt(
                            extent -> Math.toIntExact(IndexMath.constant(extent).orElseThrow()))
                    .toArray();
            inputs.put(
                    declared.name(),
                    reshaped(value(values, kernel.inputs().get(i)), TensorType.of(declared.type(), extents)));
        }
        Map<String, HostTensor> results = Interpreter.run(program, inputs);
        for (int i = 0; i < kernel.outputs().size(); i++) {
            values.put(kernel.outputs().get(i), value(results, program.outputs().get(i)));
        }
    }

    private static HostTensor value(Map<String, HostTensor> values, String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    private static HostTensor random(TensorType type, SplittableRandom random) {
        NdArray array = NdArray.allocate(type.element(), type.shape().extents());
        for (long i = 0; i < array.elements(); i++) {
            if (type.element().isFloat()) {
                array.set(i, random.nextDouble(-2, 2));
            } else {
                array.set(i, random.nextLong(2));
            }
        }
        return tensor(array);
    }

    private static HostTensor tensor(NdArray array) {
        long[] shape = new long[array.rank()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = array.size(i);
        }
        return array.type().isFloat()
                ? HostTensor.ofReals(array.type(), array.toDoubleArray(), shape)
                : HostTensor.ofIntegers(array.type(), array.toLongArray(), shape);
    }

    private static HostTensor reshaped(HostTensor tensor, TensorType type) {
        long[] shape =
                java.util.Arrays.stream(type.shape().extents()).asLongStream().toArray();
        return tensor.type().isFloat()
                ? HostTensor.ofReals(tensor.type(), reals(tensor), shape)
                : HostTensor.ofIntegers(tensor.type(), tensor.toLongs(), shape);
    }

    private static double[] reals(HostTensor tensor) {
        double[] values = new double[tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.type().isFloat() ? tensor.real(i) : tensor.integer(i);
        }
        return values;
    }
}

package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Runs a kernel as the Java method that it is. */
final class EagerRun {
    private final KernelCase kernelCase;
    private final TensorProgram program;
    private final Map<String, HostTensor> inputs;

    private EagerRun(KernelCase kernelCase, TensorProgram program, Map<String, HostTensor> inputs) {
        this.kernelCase = kernelCase;
        this.program = program;
        this.inputs = inputs;
    }

    /** The outputs by the names and of the types that {@code program}, the case's, gives them. */
    static Map<String, HostTensor> run(KernelCase kernelCase, TensorProgram program, Map<String, HostTensor> inputs) {
        EagerRun run = new EagerRun(kernelCase, program, inputs);
        return kernelCase.spec().form() == KernelSpec.Form.ELEMENTWISE ? run.elements() : run.tensors();
    }

    private Map<String, HostTensor> tensors() {
        List<Object> arguments = new ArrayList<>();
        for (Parameter parameter : kernelCase.spec().parameters()) {
            arguments.add(parameter.role() == KernelSpec.Role.ATTRIBUTE ? attribute(parameter) : tensor(parameter));
        }
        Object result = kernelCase.kernel().reference().call(arguments.toArray());
        List<Object> results = result instanceof Record several ? components(several) : List.of(result);
        Map<String, HostTensor> outputs = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            String name = program.outputs().get(i);
            outputs.put(name, host(results.get(i), type(name)));
        }
        return outputs;
    }

    private Object tensor(Parameter parameter) {
        Argument argument = kernelCase.binding().arguments().getOrDefault(parameter.name(), new Argument.Missing());
        if (argument instanceof Argument.Several(List<Argument.Dense> several)) {
            Tensor[] all = new Tensor[several.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = floats(input(parameter.name() + i));
            }
            return all;
        }
        float neutral = Float.parseFloat(parameter.absent().orElse("0"));
        boolean absent = argument instanceof Argument.Missing;
        return switch (parameter.kind()) {
            case FLOAT_TENSOR -> absent ? Tensor.absent(neutral) : floats(input(parameter.name()));
            case INT_TENSOR -> absent ? IntTensor.absent((long) neutral) : integers(input(parameter.name()));
            case MASK_TENSOR -> absent ? MaskTensor.absent(neutral != 0) : mask(input(parameter.name()));
            case INT, FLOAT, BOOL, INDEX, INT_ARRAY, FLOAT_ARRAY, TENSOR_LIST, TENSORS ->
                throw new IllegalStateException(parameter + " is no tensor");
        };
    }

    private Object attribute(Parameter parameter) {
        Argument argument =
                Objects.requireNonNull(kernelCase.binding().arguments().get(parameter.name()));
        return switch (argument) {
            case Argument.Integer(long value) -> value;
            case Argument.Real(double value) -> value;
            case Argument.Flag(boolean value) -> value;
            case Argument.Ints(List<Long> values) ->
                values.stream().mapToInt(Math::toIntExact).toArray();
            case Argument.Reals(List<Double> values) -> {
                float[] floats = new float[values.size()];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = values.get(i).floatValue();
                }
                yield floats;
            }
            case Argument.Dense _, Argument.Several _, Argument.Missing _ ->
                throw new IllegalStateException(parameter + " is no attribute");
        };
    }

    private Map<String, HostTensor> elements() {
        String output = program.outputs().getFirst();
        long[] shape = KernelCase.extents(program.stage(output).orElseThrow().shape());
        HostTensor zeros = HostTensor.zeros(type(output), shape);
        double[] reals = new double[zeros.elements()];
        long[] integers = new long[zeros.elements()];
        for (int i = 0; i < zeros.elements(); i++) {
            List<Object> arguments = new ArrayList<>();
            for (Parameter parameter : kernelCase.spec().parameters()) {
                arguments.add(
                        parameter.role() == KernelSpec.Role.ATTRIBUTE
                                ? attribute(parameter)
                                : element(parameter, i, shape));
            }
            switch (kernelCase.kernel().reference().call(arguments.toArray())) {
                case Boolean truth -> integers[i] = truth ? 1 : 0;
                case Long value -> integers[i] = value;
                case Float value -> reals[i] = value;
                case Object other -> throw new IllegalStateException("an element of " + other.getClass());
            }
        }
        return Map.of(
                output,
                type(output).isFloat()
                        ? HostTensor.ofReals(type(output), reals, shape)
                        : HostTensor.ofIntegers(type(output), integers, shape));
    }

    /** The element of an input that broadcasts to position {@code i} of the result. */
    private Object element(Parameter parameter, int i, long[] shape) {
        Optional<HostTensor> given = Optional.ofNullable(inputs.get(parameter.name()));
        if (given.isEmpty()) {
            double neutral = Double.parseDouble(parameter.absent().orElseThrow());
            return parameter.kind() == Kind.BOOL ? (Object) (neutral != 0) : neutral;
        }
        HostTensor tensor = given.get();
        long[] own = tensor.shape();
        long rest = i;
        long position = 0;
        long stride = 1;
        for (int axis = 1; axis <= own.length; axis++) {
            long index = rest % shape[shape.length - axis];
            rest /= shape[shape.length - axis];
            position += own[own.length - axis] == 1 ? 0 : index * stride;
            stride *= own[own.length - axis];
        }
        int at = (int) position;
        return switch (parameter.kind()) {
            case BOOL -> tensor.integer(at) != 0;
            case INT -> tensor.integer(at);
            default -> tensor.type().isFloat() ? tensor.real(at) : (double) tensor.integer(at);
        };
    }

    private HostTensor input(String name) {
        return Objects.requireNonNull(inputs.get(name), name);
    }

    private DType type(String output) {
        return program.stage(output).orElseThrow().type();
    }

    private static List<Object> components(Record several) {
        List<Object> values = new ArrayList<>();
        try {
            for (RecordComponent component : several.getClass().getRecordComponents()) {
                values.add(component.getAccessor().invoke(several));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        return values;
    }

    private static Tensor floats(HostTensor t) {
        return Tensor.of(t.toFloats(), shape(t));
    }

    private static IntTensor integers(HostTensor t) {
        return IntTensor.of(t.toLongs(), shape(t));
    }

    private static MaskTensor mask(HostTensor t) {
        boolean[] values = new boolean[t.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = t.integer(i) != 0;
        }
        return MaskTensor.of(values, shape(t));
    }

    private static int[] shape(HostTensor t) {
        int[] shape = new int[t.rank()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = Math.toIntExact(t.shape()[axis]);
        }
        return shape;
    }

    private static HostTensor host(Object result, DType type) {
        return switch (result) {
            case Tensor t -> {
                float[] values = t.toArray();
                double[] reals = new double[values.length];
                long[] integers = new long[values.length];
                for (int i = 0; i < values.length; i++) {
                    reals[i] = values[i];
                    integers[i] = (long) values[i];
                }
                yield type.isFloat()
                        ? HostTensor.ofReals(type, reals, extents(t.shape()))
                        : HostTensor.ofIntegers(type, integers, extents(t.shape()));
            }
            case IntTensor t -> HostTensor.ofIntegers(type, t.toArray(), extents(t.shape()));
            case MaskTensor t -> {
                boolean[] values = t.toArray();
                long[] integers = new long[values.length];
                for (int i = 0; i < values.length; i++) {
                    integers[i] = values[i] ? 1 : 0;
                }
                yield HostTensor.ofIntegers(type, integers, extents(t.shape()));
            }
            case Object other -> throw new IllegalStateException("a result of " + other.getClass());
        };
    }

    private static long[] extents(Index shape) {
        long[] extents = new long[shape.rank()];
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = shape.get(axis);
        }
        return extents;
    }
}

package dev.woodpecker.runtime.call;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.AttributeDefault;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Formal;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import dev.woodpecker.runtime.plan.binding.BindingResult;
import dev.woodpecker.runtime.plan.binding.BoundKernel;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.binding.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A kernel bound as the runtime binds it for a model's node of the same inputs and attributes, so that attributes left out
 * get the values that they have there, those that depend on shapes included.
 */
final class ModelNode {
    private final KernelSpec spec;
    private final OperatorSchema schema;
    private final Map<String, Argument> given;
    private final Map<String, TensorType> types = new HashMap<>();
    private final Map<String, NdArray> constants = new HashMap<>();

    private ModelNode(KernelSpec spec, OperatorSchema schema, Binding given) {
        this.spec = spec;
        this.schema = schema;
        this.given = new LinkedHashMap<>(given.arguments());
    }

    /**
     * The kernel of an operator of ONNX with what is given, and the rest by default.
     *
     * @throws IllegalArgumentException if it does not fit
     */
    static BoundKernel of(CompiledKernel kernel, Binding given) {
        OperatorSchema schema = OperatorSchemas.find(kernel.spec().operator()).orElseThrow();
        ModelNode node = new ModelNode(kernel.spec(), schema, given);
        KernelBinder binder = new KernelBinder(KernelLibrary.of(List.of(kernel)));
        return switch (binder.bind(node.node(), node.values())) {
            case BindingResult.Bound(BoundKernel bound) -> bound;
            case BindingResult.Needs(String value) ->
                throw new IllegalArgumentException(
                        "kernel " + kernel.spec().shortName() + " also needs --attr " + value);
            case BindingResult.Unsupported(Problem problem) ->
                throw new IllegalArgumentException(message(kernel.spec(), problem));
        };
    }

    /** The binder names the kernel only where it tells several apart. */
    private static String message(KernelSpec spec, Problem problem) {
        String reason = problem.problem().replaceFirst("^no kernel takes it: ", "");
        String place = reason.startsWith(spec.shortName()) ? "" : spec.shortName() + ": ";
        return "kernel " + place + reason
                + (problem.supported().isEmpty() ? "" : "; supported: " + problem.supported());
    }

    private Node node() {
        List<Operand> inputs = inputs();
        return new Node(
                spec.shortName(),
                Operator.onnx(spec.operator()),
                inputs,
                spec.outputs().stream().map(Operand::of).toList(),
                attributes(),
                List.of());
    }

    private Values values() {
        return new Values() {
            @Override
            public Optional<TensorType> type(String value) {
                return Optional.ofNullable(types.get(value));
            }

            @Override
            public Optional<NdArray> constant(String value) {
                return Optional.ofNullable(constants.get(value));
            }
        };
    }

    /** In the operator's order: the kernel's inputs, and between them constants that the kernel takes as attributes. */
    private List<Operand> inputs() {
        List<Parameter> parameters = new ArrayList<>(spec.inputs());
        List<Operand> operands = new ArrayList<>();
        for (Formal formal : schema.inputs()) {
            Optional<Parameter> attribute = spec.attributes().stream()
                    .filter(p -> snakeCase(p.name()).equalsIgnoreCase(formal.name()))
                    .findFirst();
            if (attribute.isPresent()) {
                operands.add(constant(attribute.get().name()));
            } else if (formal.arity() == Arity.VARIADIC) {
                parameters.forEach(p -> operands.addAll(tensors(p.name())));
                parameters.clear();
            } else if (!parameters.isEmpty()) {
                operands.addAll(tensors(parameters.removeFirst().name()));
            }
        }
        return operands;
    }

    private Operand constant(String parameter) {
        Argument argument = given.remove(parameter);
        if (argument == null) {
            return Operand.ABSENT;
        }
        NdArray value = array(argument);
        constants.put(parameter, value);
        types.put(parameter, TensorType.of(value));
        return Operand.of(parameter);
    }

    private List<Operand> tensors(String parameter) {
        Argument argument = given.remove(parameter);
        return switch (argument) {
            case Argument.Dense dense -> List.of(tensor(parameter, dense));
            case Argument.Several(List<Argument.Dense> list) -> {
                List<Operand> operands = new ArrayList<>();
                list.forEach(dense -> operands.add(tensor(parameter + " " + operands.size(), dense)));
                yield operands;
            }
            case null, default -> List.of(Operand.ABSENT);
        };
    }

    private Operand tensor(String value, Argument.Dense dense) {
        int[] extents = dense.shape().stream().mapToInt(ModelNode::extent).toArray();
        types.put(value, TensorType.of(dense.type(), extents));
        return Operand.of(value);
    }

    private static int extent(Expr extent) {
        return Math.toIntExact(IndexMath.constant(extent).orElseThrow());
    }

    /** Those given, and the operator's defaults. */
    private Map<String, Attribute> attributes() {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        for (AttributeSchema attribute : schema.attributes(OperatorSchemas.NEWEST_OPSET)) {
            AttributeDefault.of(attribute).ifPresent(value -> attributes.put(attribute.name(), value));
        }
        given.forEach((name, argument) -> attributes.put(snakeCase(name), attribute(argument)));
        return attributes;
    }

    private static Attribute attribute(Argument argument) {
        return switch (argument) {
            case Argument.Integer(long value) -> Attribute.of(value);
            case Argument.Real(double value) -> Attribute.of((float) value);
            case Argument.Flag(boolean value) -> Attribute.of(value ? 1 : 0);
            case Argument.Ints(List<Long> values) -> new Attribute.Ints(values);
            case Argument.Reals(List<Double> values) ->
                new Attribute.Floats(values.stream().map(Double::floatValue).toList());
            case Argument.Dense _, Argument.Several _, Argument.Missing _ ->
                throw new IllegalStateException("no attribute: " + argument);
        };
    }

    private static NdArray array(Argument argument) {
        return switch (argument) {
            case Argument.Integer(long value) -> NdArray.scalar(value);
            case Argument.Real(double value) -> NdArray.scalar((float) value);
            case Argument.Flag(boolean value) -> NdArray.scalar(value);
            case Argument.Ints(List<Long> values) ->
                NdArray.of(values.stream().mapToLong(Long::longValue).toArray(), values.size());
            case Argument.Reals(List<Double> values) ->
                NdArray.of(values.stream().mapToDouble(Double::doubleValue).toArray(), values.size());
            case Argument.Dense _, Argument.Several _, Argument.Missing _ ->
                throw new IllegalStateException("no constant: " + argument);
        };
    }

    /** {@code kernelShape} is {@code kernel_shape}. */
    private static String snakeCase(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}

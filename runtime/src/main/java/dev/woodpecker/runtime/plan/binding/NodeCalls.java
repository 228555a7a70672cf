package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Formal;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a node into a {@link NodeCall}. */
final class NodeCalls {
    private NodeCalls() {}

    /** The call of a node as it stands in the graph, its attributes and inputs by name, before any rule. */
    static NodeCall of(Node node, Values values) {
        return new NodeCall(node, inputs(node, values), attributes(node), Map.of());
    }

    /** The attributes of a node as kernels take them, those left out that kernels need not know. */
    static Map<String, Argument> attributes(Node node) {
        NodeCall empty = new NodeCall(node, Map.of(), Map.of(), Map.of());
        Map<String, Argument> attributes = new LinkedHashMap<>();
        node.attributes().forEach((name, value) -> {
            if (!AttributeEffects.isNeutral(node, name, value)) {
                String camel = camelCase(name);
                attributes.put(camel, argument(empty, name, camel, value));
            }
        });
        return attributes;
    }

    private static Map<String, NodeCall.Input> inputs(Node node, Values values) {
        List<Formal> formals = node.operator().isOnnx()
                ? OperatorSchemas.find(node.operator().name())
                        .map(schema -> schema.inputs())
                        .orElse(List.of())
                : List.of();
        Map<String, NodeCall.Input> inputs = new LinkedHashMap<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            if (i < formals.size() && formals.get(i).arity() == Arity.VARIADIC) {
                List<NodeCall.Input.Tensor> rest = new ArrayList<>();
                for (Operand operand : node.inputs().subList(i, node.inputs().size())) {
                    tensor(operand, values).ifPresent(rest::add);
                }
                inputs.put(camelCase(formals.get(i).name()), new NodeCall.Input.Several(rest));
                break;
            }
            String name = i < formals.size() ? camelCase(formals.get(i).name()) : "input " + i;
            Optional<NodeCall.Input.Tensor> tensor = tensor(node.input(i), values);
            inputs.put(name, tensor.isPresent() ? tensor.get() : new NodeCall.Input.Absent());
        }
        return inputs;
    }

    private static Optional<NodeCall.Input.Tensor> tensor(Operand operand, Values values) {
        return switch (operand) {
            case Operand.Absent _ -> Optional.empty();
            case Operand.Value(String name) -> {
                TensorType type = values.type(name).orElseThrow(() -> Unbindable.needs(name));
                yield Optional.of(new NodeCall.Input.Tensor(name, type));
            }
        };
    }

    private static Argument argument(NodeCall call, String name, String camel, Attribute attribute) {
        return switch (attribute) {
            case Attribute.Int(long value) -> new Argument.Integer(value);
            case Attribute.Float(float value) -> new Argument.Real(value);
            case Attribute.Ints(List<Long> list) -> new Argument.Ints(list);
            case Attribute.Floats(List<Float> list) ->
                new Argument.Reals(list.stream().map(Float::doubleValue).toList());
            case Attribute.Text(String text) -> AttributeTexts.number(call, camel, text);
            case Attribute.Tensor tensor
            when tensor.value().rank() <= 1 ->
                ConstantInputs.asArgument(tensor.value(), tensor.value().rank() == 1);
            case Attribute.Texts _, Attribute.ElementType _, Attribute.Tensor _, Attribute.Subgraph _ ->
                throw Unbindable.unsupported(
                        call.node(), Subject.ATTRIBUTE, name, "attribute " + name + " = " + attribute, "");
        };
    }

    /** {@code kernel_shape} is {@code kernelShape}, {@code X} is {@code x}. */
    static String camelCase(String name) {
        StringBuilder camel = new StringBuilder();
        boolean upper = false;
        for (char c : name.toCharArray()) {
            if (c == '_') {
                upper = !camel.isEmpty();
            } else {
                camel.append(upper ? Character.toUpperCase(c) : camel.isEmpty() ? Character.toLowerCase(c) : c);
                upper = false;
            }
        }
        return camel.toString();
    }
}

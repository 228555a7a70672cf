package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a node asks of a kernel. {@link CallRule}s bring it into the form that kernels expect.
 *
 * @param inputs by the name that the operator's schema gives them, in camel case, in its order
 * @param attributes by their name in camel case
 * @param outputTypes element types that the node asks for, by the position of the output
 */
record NodeCall(
        Node node, Map<String, Input> inputs, Map<String, Argument> attributes, Map<Integer, DType> outputTypes) {
    /** An input as it stands in the graph. */
    sealed interface Input {
        record Tensor(String value, TensorType type) implements Input {
            int[] shape() {
                return type.shape().extents();
            }

            int rank() {
                return type.shape().rank();
            }
        }

        /** The operands of a variadic input. */
        record Several(List<Tensor> tensors) implements Input {
            public Several {
                tensors = List.copyOf(tensors);
            }
        }

        record Absent() implements Input {}
    }

    NodeCall {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
        outputTypes = Map.copyOf(outputTypes);
    }

    String operator() {
        return node.operator().toString();
    }

    /** The input of this name, if it is there and is one tensor. */
    Optional<Input.Tensor> tensor(String name) {
        return inputs.get(name) instanceof Input.Tensor tensor ? Optional.of(tensor) : Optional.empty();
    }

    /** The first input, or the first operand of a variadic one: what shapes and axes refer to. */
    Input.Tensor first() {
        return switch (inputs.values().stream().findFirst().orElse(new Input.Absent())) {
            case Input.Tensor tensor -> tensor;
            case Input.Several several
            when !several.tensors().isEmpty() -> several.tensors().getFirst();
            case Input.Several _, Input.Absent _ ->
                throw Unbindable.attribute(this, "", "its first input is missing", "");
        };
    }

    Optional<Argument> attribute(String name) {
        return Optional.ofNullable(attributes.get(name));
    }

    /** An integer attribute, or this value where it is absent. */
    long integer(String name, long absent) {
        return attributes.get(name) instanceof Argument.Integer(long value) ? value : absent;
    }

    /** A list of integers, if the node has it. */
    Optional<long[]> integers(String name) {
        return attributes.get(name) instanceof Argument.Ints(List<Long> values)
                ? Optional.of(values.stream().mapToLong(Long::longValue).toArray())
                : Optional.empty();
    }

    NodeCall with(String attribute, Argument value) {
        Map<String, Argument> changed = new LinkedHashMap<>(attributes);
        changed.put(attribute, value);
        return new NodeCall(node, inputs, changed, outputTypes);
    }

    NodeCall with(String attribute, long value) {
        return with(attribute, new Argument.Integer(value));
    }

    NodeCall with(String attribute, long... values) {
        return with(
                attribute,
                new Argument.Ints(java.util.Arrays.stream(values).boxed().toList()));
    }

    NodeCall without(String attribute) {
        Map<String, Argument> changed = new LinkedHashMap<>(attributes);
        changed.remove(attribute);
        return new NodeCall(node, inputs, changed, outputTypes);
    }

    NodeCall withInput(String name, Input input) {
        Map<String, Input> changed = new LinkedHashMap<>(inputs);
        changed.put(name, input);
        return new NodeCall(node, changed, attributes, outputTypes);
    }

    NodeCall withoutInput(String name) {
        Map<String, Input> changed = new LinkedHashMap<>(inputs);
        changed.remove(name);
        return new NodeCall(node, changed, attributes, outputTypes);
    }

    NodeCall withOutputType(int output, DType type) {
        Map<Integer, DType> changed = new LinkedHashMap<>(outputTypes);
        changed.put(output, type);
        return new NodeCall(node, inputs, attributes, changed);
    }
}

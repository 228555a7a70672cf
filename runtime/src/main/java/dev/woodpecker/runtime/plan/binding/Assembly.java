package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Collects the nodes that one stands for. */
final class Assembly {
    private final Node around;
    private final Values values;
    private final Scope scope;
    private final List<Node> nodes = new ArrayList<>();

    Assembly(Node around, Values values, Scope scope) {
        this.around = around;
        this.values = values;
        this.scope = scope;
    }

    /** What was added so far, in order. */
    List<Node> nodes() {
        return nodes;
    }

    Node around() {
        return around;
    }

    Scope scope() {
        return scope;
    }

    Values values() {
        return values;
    }

    /** The type of an input of the node around. */
    TensorType type(int input) {
        String name = around.inputName(input).orElseThrow(() -> refused("", "input " + input + " is missing", ""));
        return values.type(name).orElseThrow(() -> Unbindable.needs(name));
    }

    int[] shape(int input) {
        return type(input).shape().extents();
    }

    Unbindable refused(String attribute, String problem, String supported) {
        return Unbindable.attribute(new NodeCall(around, Map.of(), Map.of(), Map.of()), attribute, problem, supported);
    }

    void add(List<Node> more) {
        nodes.addAll(more);
    }

    /** A value that the node added next may define. */
    Operand fresh(String purpose) {
        return Operand.of(scope.fresh(around.name() + "_" + purpose));
    }

    Operand constant(String purpose, NdArray value) {
        return Operand.of(scope.constant(around.name() + "_" + purpose, value));
    }

    /** A vector of these numbers. */
    Operand vector(String purpose, long... numbers) {
        return constant(purpose, NdArray.of(numbers, numbers.length));
    }

    /** Adds an application of ONNX's operator; its result. */
    Operand compute(String operator, List<Operand> inputs, Map<String, Attribute> attributes) {
        Operand result = fresh(operator);
        result(Operator.onnx(operator), inputs, attributes, List.of(result));
        return result;
    }

    Operand compute(String operator, Operand... inputs) {
        return compute(operator, List.of(inputs), Map.of());
    }

    /** Adds a node that defines these values. */
    void result(Operator operator, List<Operand> inputs, Map<String, Attribute> attributes, List<Operand> outputs) {
        nodes.add(new Node(
                scope.fresh(around.name() + "_" + operator.name()),
                operator,
                inputs,
                outputs,
                attributes,
                around.sources()));
    }

    /** Gives an output of the node around, if anything reads it, a value that was computed. */
    void output(int index, Operand value) {
        if (around.output(index) instanceof Operand.Value wanted) {
            result(Operator.onnx("Identity"), List.of(value), Map.of(), List.of(wanted));
        }
    }

    Operand reshaped(Operand value, long... extents) {
        return compute("Reshape", List.of(value, vector("shape", extents)), Map.of("allowzero", Attribute.of(1L)));
    }

    Operand transposed(Operand value, long... permutation) {
        return compute("Transpose", List.of(value), Map.of("perm", Attribute.of(permutation)));
    }

    /** The elements from {@code start} up to {@code end} of an axis. */
    Operand sliced(Operand value, int axis, long start, long end) {
        return compute("Slice", value, vector("start", start), vector("end", end), vector("axis", axis));
    }

    /** Values side by side on an axis that they have. */
    Operand joined(List<Operand> parts, int axis) {
        return parts.size() == 1
                ? parts.getFirst()
                : compute("Concat", parts, Map.of("axis", Attribute.of((long) axis)));
    }

    /** Values one after another on a new axis. */
    Operand stacked(List<Operand> parts, int axis) {
        Operand where = vector("axis", axis);
        return joined(
                parts.stream().map(part -> compute("Unsqueeze", part, where)).toList(), axis);
    }
}

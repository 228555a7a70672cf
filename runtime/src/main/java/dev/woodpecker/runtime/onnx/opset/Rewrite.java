package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The replacement of one node: collects the nodes and constants that mean the same in the newest opset. */
public final class Rewrite {

    private final Node node;
    private final Function<String, Optional<NdArray>> constants;
    private final UnaryOperator<String> freshNames;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, NdArray> newConstants = new LinkedHashMap<>();
    private final List<Objection> objections = new ArrayList<>();

    /** An attribute value that has no meaning in inference, or that no rule covers. */
    public record Objection(String attribute, String problem, String supported) {}

    Rewrite(Node node, Function<String, Optional<NdArray>> constants, UnaryOperator<String> freshNames) {
        this.node = node;
        this.constants = constants;
        this.freshNames = freshNames;
    }

    public List<Node> nodes() {
        return nodes;
    }

    public Map<String, NdArray> newConstants() {
        return newConstants;
    }

    public List<Objection> objections() {
        return objections;
    }

    Node node() {
        return node;
    }

    Operand input(int index) {
        return node.input(index);
    }

    /** The value of an input, if it is a constant. */
    Optional<NdArray> constantInput(int index) {
        return node.inputName(index).flatMap(constants);
    }

    /** Adds a constant, named after the node. */
    Operand constant(String purpose, NdArray value) {
        String name = freshNames.apply(node.name() + "/" + purpose);
        newConstants.put(name, value);
        return Operand.of(name);
    }

    /** Adds a node whose result only the rewritten node knows. */
    Operand compute(String operator, List<Operand> inputs, Map<String, Attribute> attributes) {
        return compute(Operator.onnx(operator), inputs, attributes);
    }

    Operand compute(Operator operator, List<Operand> inputs, Map<String, Attribute> attributes) {
        String name = freshNames.apply(node.name() + "/" + operator.name());
        Operand result = Operand.of(name);
        nodes.add(new Node(name, operator, inputs, List.of(result), attributes, node.sources()));
        return result;
    }

    /** Adds the node that gives an output of the rewritten node. */
    void result(String operator, List<Operand> inputs, Map<String, Attribute> attributes, Operand... outputs) {
        boolean first = nodes.stream().noneMatch(earlier -> earlier.name().equals(node.name()));
        String name = first ? node.name() : freshNames.apply(node.name() + "/" + operator);
        nodes.add(new Node(name, Operator.onnx(operator), inputs, List.of(outputs), attributes, node.sources()));
    }

    /** Adds the node itself, changed. */
    void result(Node changed) {
        nodes.add(changed);
    }

    void object(String attribute, String problem, String supported) {
        objections.add(new Objection(attribute, problem, supported));
    }
}

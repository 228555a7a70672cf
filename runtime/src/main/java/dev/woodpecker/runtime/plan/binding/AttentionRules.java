package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Attention with heads on an axis of their own and its scale, as the kernel takes it. */
final class AttentionRules {
    private AttentionRules() {}

    /**
     * Attention of rows that hold all heads: {@code [n, l, h * e]} seen as {@code [n, l, h, e]} and transposed to {@code [n,
     * h, l, e]}; the result the other way round.
     */
    static List<Node> headsApart(Node node, Values values, Scope scope) {
        if (extents(node, 0, values).length != 3) {
            return List.of(node);
        }
        List<Node> nodes = new ArrayList<>();
        List<Operand> inputs = new ArrayList<>(node.inputs());
        for (int i = 0; i < 3; i++) {
            int[] shape = extents(node, i, values);
            String attribute = i == 0 ? "q_num_heads" : "kv_num_heads";
            long heads = node.attribute(attribute).isPresent() ? node.integer(attribute) : 0;
            if (shape.length != 3 || heads <= 0 || shape[2] % heads != 0) {
                throw Unbindable.attribute(
                        new NodeCall(node, Map.of(), Map.of(), Map.of()),
                        attribute,
                        heads + " heads in an input of shape " + java.util.Arrays.toString(shape),
                        "q, k and v of rank 3 whose last axis is a multiple of the heads");
            }
            Operand apart = Operand.of(scope.fresh(node.name() + "_apart"));
            nodes.add(reshape(node, inputs.get(i), apart, scope, shape[0], shape[1], heads, shape[2] / heads));
            inputs.set(i, transposed(node, apart, scope, nodes));
        }
        int[] rows = extents(node, 0, values);
        Operand heads = Operand.of(scope.fresh(node.name() + "_heads"));
        List<Operand> outputs = new ArrayList<>(node.outputs());
        outputs.set(0, heads);
        nodes.add(node.withInputs(inputs).withOutputs(outputs));
        Operand together = transposed(node, heads, scope, nodes);
        nodes.add(reshape(node, together, node.output(0), scope, rows[0], rows[1], -1));
        return nodes;
    }

    /** The scale's default, and causality as a window that ends with the query's own position. */
    static NodeCall attention(NodeCall call, Values values) {
        int[] q = call.first().shape();
        NodeCall scaled = call.attribute("scale").isPresent()
                ? call
                : call.with("scale", new Argument.Real(1 / Math.sqrt(q[q.length - 1])));
        NodeCall windowed = call.integer("isCausal", 0) == 0 ? scaled : scaled.with("rightWindowSize", 0);
        return windowed.without("isCausal").without("qNumHeads").without("kvNumHeads");
    }

    private static Node reshape(Node node, Operand value, Operand result, Scope scope, long... extents) {
        String shape = scope.constant(node.name() + "_shape", NdArray.of(extents, extents.length));
        return application(node, "Reshape", List.of(value, Operand.of(shape)), result, scope)
                .with("allowzero", Attribute.of(0L));
    }

    private static Operand transposed(Node node, Operand value, Scope scope, List<Node> nodes) {
        Operand result = Operand.of(scope.fresh(node.name() + "_transposed"));
        nodes.add(application(node, "Transpose", List.of(value), result, scope).with("perm", Attribute.of(0, 2, 1, 3)));
        return result;
    }

    private static Node application(Node node, String operator, List<Operand> inputs, Operand output, Scope scope) {
        return new Node(
                scope.fresh(node.name() + "_" + operator),
                Operator.onnx(operator),
                inputs,
                List.of(output),
                Map.of(),
                node.sources());
    }

    private static int[] extents(Node node, int input, Values values) {
        String name = node.inputName(input)
                .orElseThrow(() -> Unbindable.attribute(
                        new NodeCall(node, Map.of(), Map.of(), Map.of()), "", "input " + input + " is missing", ""));
        return values.type(name)
                .orElseThrow(() -> Unbindable.needs(name))
                .shape()
                .extents();
    }
}

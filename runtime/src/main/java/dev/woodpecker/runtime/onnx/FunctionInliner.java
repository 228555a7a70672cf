package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.FunctionProto;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.NodeProto;
import dev.woodpecker.runtime.onnx.internal.proto.OperatorSetIdProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Puts the nodes of a model's own functions in the place of the nodes that call them. Names inside get the name of the
 * calling node in front; attributes that refer to the function's are replaced by what the call gives.
 */
final class FunctionInliner {

    /** A node with the opsets that hold where it is written. */
    record ScopedNode(NodeProto node, Map<String, Integer> opsets) {}

    /** Functions that call functions twice each double the graph at every level: far beyond any real model. */
    private static final int MOST_NODES = 200_000;

    private static final int DEEPEST_NESTING = 100;

    private final String file;
    private final Names names;
    private final Map<Key, FunctionProto> functions = new HashMap<>();
    private int nodes;

    private record Key(String domain, String name, String overload) {}

    FunctionInliner(String file, List<FunctionProto> functions, Names names) {
        this.file = file;
        this.names = names;
        for (FunctionProto function : functions) {
            Key key = new Key(domain(function.getDomain()), function.getName(), function.getOverload());
            if (this.functions.put(key, function) != null) {
                throw new ModelFormatException(file, "function '" + function.getName() + "'", "it is defined twice");
            }
        }
    }

    /** {@code ai.onnx} is another way to write ONNX's own domain. */
    static String domain(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    /** Opset versions by domain. */
    static Map<String, Integer> opsets(List<OperatorSetIdProto> imports) {
        Map<String, Integer> opsets = new HashMap<>();
        for (OperatorSetIdProto entry : imports) {
            opsets.put(domain(entry.getDomain()), (int) Math.min(Math.max(entry.getVersion(), 0), Integer.MAX_VALUE));
        }
        return opsets;
    }

    /** The nodes with all calls expanded, in their order. */
    List<ScopedNode> expand(List<NodeProto> calls, Map<String, Integer> opsets) {
        List<ScopedNode> expanded = new ArrayList<>();
        calls.forEach(node -> expand(node, opsets, List.of(), expanded));
        return expanded;
    }

    private void expand(NodeProto node, Map<String, Integer> opsets, List<Key> callers, List<ScopedNode> expanded) {
        Key key = new Key(domain(node.getDomain()), node.getOpType(), node.getOverload());
        FunctionProto function = functions.get(key);
        if (function == null) {
            if (++nodes > MOST_NODES) {
                throw new ModelFormatException(file, "", "more than " + MOST_NODES + " nodes with functions expanded");
            }
            expanded.add(new ScopedNode(node, opsets));
            return;
        }
        String place = "function '" + function.getName() + "', called by node '" + node.getName() + "'";
        if (callers.contains(key) || callers.size() == DEEPEST_NESTING) {
            throw new ModelFormatException(
                    file, place, "functions call each other in a circle, or " + DEEPEST_NESTING + " deep");
        }
        if (node.getInputCount() > function.getInputCount() || node.getOutputCount() > function.getOutputCount()) {
            throw new ModelFormatException(
                    file,
                    place,
                    "the call has " + node.getInputCount() + " inputs and "
                            + node.getOutputCount() + " outputs; the function has " + function.getInputCount() + " and "
                            + function.getOutputCount());
        }
        List<Key> path = new ArrayList<>(callers);
        path.add(key);
        Body body = new Body(node, function, names.fresh(prefix(node)));
        Map<String, Integer> own = opsets(function.getOpsetImportList());
        function.getNodeList()
                .forEach(inner -> expand(body.substituted(inner), own.isEmpty() ? opsets : own, path, expanded));
    }

    private static String prefix(NodeProto node) {
        return node.getName().isEmpty() ? node.getOpType() : node.getName();
    }

    /** One use of a function: what its names and attributes stand for. */
    private static final class Body {

        private final String prefix;
        private final Map<String, String> values = new HashMap<>();
        private final Map<String, AttributeProto> attributes = new HashMap<>();

        Body(NodeProto call, FunctionProto function, String prefix) {
            this.prefix = prefix;
            for (int i = 0; i < function.getInputCount(); i++) {
                values.put(function.getInput(i), i < call.getInputCount() ? call.getInput(i) : "");
            }
            for (int i = 0; i < function.getOutputCount() && i < call.getOutputCount(); i++) {
                if (!call.getOutput(i).isEmpty()) {
                    values.put(function.getOutput(i), call.getOutput(i));
                }
            }
            function.getAttributeProtoList().forEach(attribute -> attributes.put(attribute.getName(), attribute));
            call.getAttributeList().forEach(attribute -> attributes.put(attribute.getName(), attribute));
        }

        NodeProto substituted(NodeProto node) {
            NodeProto.Builder result = node.toBuilder();
            result.setName(prefix + "/" + (node.getName().isEmpty() ? node.getOpType() : node.getName()));
            replace(node.getInputList(), result::setInput);
            replace(node.getOutputList(), result::setOutput);
            result.clearAttribute();
            for (AttributeProto attribute : node.getAttributeList()) {
                if (attribute.getRefAttrName().isEmpty()) {
                    result.addAttribute(substituted(attribute));
                } else if (attributes.containsKey(attribute.getRefAttrName())) {
                    result.addAttribute(attributes.get(attribute.getRefAttrName()).toBuilder()
                            .setName(attribute.getName()));
                }
            }
            return result.build();
        }

        private AttributeProto substituted(AttributeProto attribute) {
            AttributeProto.Builder result = attribute.toBuilder();
            if (attribute.hasG()) {
                result.setG(substituted(attribute.getG()));
            }
            for (int i = 0; i < attribute.getGraphsCount(); i++) {
                result.setGraphs(i, substituted(attribute.getGraphs(i)));
            }
            return result.build();
        }

        private GraphProto substituted(GraphProto graph) {
            GraphProto.Builder result = graph.toBuilder();
            for (int i = 0; i < graph.getNodeCount(); i++) {
                result.setNode(i, substituted(graph.getNode(i)));
            }
            result.clearInitializer();
            for (TensorProto tensor : graph.getInitializerList()) {
                result.addInitializer(tensor.toBuilder().setName(value(tensor.getName())));
            }
            UnaryOperator<ValueInfoProto> renamed =
                    info -> info.toBuilder().setName(value(info.getName())).build();
            return result.clearInput()
                    .addAllInput(graph.getInputList().stream().map(renamed).toList())
                    .clearOutput()
                    .addAllOutput(graph.getOutputList().stream().map(renamed).toList())
                    .build();
        }

        private void replace(List<String> inner, Setter setter) {
            for (int i = 0; i < inner.size(); i++) {
                setter.set(i, value(inner.get(i)));
            }
        }

        private String value(String inner) {
            return inner.isEmpty() ? "" : values.getOrDefault(inner, prefix + "/" + inner);
        }
    }

    @FunctionalInterface
    private interface Setter {
        Object set(int index, String value);
    }
}

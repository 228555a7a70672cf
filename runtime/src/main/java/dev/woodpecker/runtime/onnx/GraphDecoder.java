package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphCheck;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.TopologicalOrder;
import dev.woodpecker.runtime.onnx.FunctionInliner.ScopedNode;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.SparseTensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads a graph and, through the attributes of its nodes, the graphs inside it. */
final class GraphDecoder {

    /** How many contradictions one error lists: a file of random names could have any number. */
    private static final int MOST_LISTED = 10;

    private final String file;
    private final TensorDecoder tensors;
    private final TypeDecoder types;
    private final AttributeDecoder attributes;
    private final NodeDecoder nodes;
    private final FunctionInliner functions;
    private final Problems problems;
    private final Names names;

    GraphDecoder(
            String file,
            TensorDecoder tensors,
            FunctionInliner functions,
            Problems problems,
            Names names,
            OperatorSupport support) {
        this.file = file;
        this.tensors = tensors;
        this.types = new TypeDecoder(file, problems);
        this.attributes = new AttributeDecoder(file, tensors, problems);
        this.nodes = new NodeDecoder(file, attributes, problems, names, support);
        this.functions = functions;
        this.problems = problems;
        this.names = names;
    }

    /** Notes all names in use, before any new one is made. */
    static void collectNames(GraphProto graph, Names names) {
        graph.getInputList().forEach(value -> names.add(value.getName()));
        graph.getInitializerList().forEach(value -> names.add(value.getName()));
        graph.getSparseInitializerList()
                .forEach(value -> names.add(value.getValues().getName()));
        graph.getNodeList().forEach(node -> {
            node.getInputList().forEach(names::add);
            node.getOutputList().forEach(names::add);
            node.getAttributeList().forEach(attribute -> {
                if (attribute.hasG()) {
                    collectNames(attribute.getG(), names);
                }
            });
        });
    }

    /**
     * @param outerConstants finds constants of the graphs around
     * @param isModel whether this is the graph of the model, around which there is nothing
     */
    Graph decode(
            GraphProto proto,
            Map<String, Integer> opsets,
            Function<String, Optional<NdArray>> outerConstants,
            boolean isModel) {
        Map<String, NdArray> constants = new LinkedHashMap<>();
        Set<String> unsupported = new HashSet<>();
        readInitializers(proto, constants, unsupported);
        List<ScopedNode> scoped = functions.expand(proto.getNodeList(), opsets);
        List<Optional<String>> nodeNames = readConstantNodes(scoped, constants, unsupported);
        Function<String, Optional<NdArray>> visible =
                value -> Optional.ofNullable(constants.get(value)).or(() -> outerConstants.apply(value));
        List<Node> decoded = new ArrayList<>();
        for (int i = 0; i < scoped.size(); i++) {
            ScopedNode each = scoped.get(i);
            nodeNames
                    .get(i)
                    .ifPresent(name -> decoded.addAll(nodes.decode(
                            each.node(),
                            name,
                            each.opsets(),
                            constants,
                            visible,
                            inner -> decode(inner, each.opsets(), visible, false))));
        }
        return assemble(proto, constants, unsupported, decoded, isModel);
    }

    private void readInitializers(GraphProto proto, Map<String, NdArray> constants, Set<String> unsupported) {
        for (TensorProto tensor : proto.getInitializerList()) {
            String place = "initializer '" + tensor.getName() + "'";
            define(tensor.getName(), tensors.decode(tensor, place), place, constants, unsupported);
        }
        for (SparseTensorProto tensor : proto.getSparseInitializerList()) {
            String name = tensor.getValues().getName();
            String place = "sparse initializer '" + name + "'";
            define(name, tensors.decode(tensor, place), place, constants, unsupported);
        }
    }

    private void define(
            String name,
            Optional<NdArray> value,
            String place,
            Map<String, NdArray> constants,
            Set<String> unsupported) {
        if (name.isEmpty()) {
            throw new ModelFormatException(file, place, "it has no name");
        }
        boolean defined = constants.containsKey(name) || unsupported.contains(name);
        if (defined) {
            throw new ModelFormatException(file, place, "'" + name + "' is defined twice");
        }
        value.ifPresentOrElse(array -> constants.put(name, array), () -> unsupported.add(name));
    }

    /** The unique names of the nodes; empty for those that are constants, which are taken up here. */
    private List<Optional<String>> readConstantNodes(
            List<ScopedNode> scoped, Map<String, NdArray> constants, Set<String> unsupported) {
        List<Optional<String>> nodeNames = new ArrayList<>();
        for (int i = 0; i < scoped.size(); i++) {
            var node = scoped.get(i).node();
            if (node.getOpType().isEmpty()) {
                throw new ModelFormatException(file, "node " + i + " '" + node.getName() + "'", "it has no operator");
            }
            String given = node.getName().isEmpty() ? node.getOpType() + "_" + i : node.getName();
            if (!ConstantNode.is(node)) {
                nodeNames.add(Optional.of(names.freshNode(given)));
                continue;
            }
            String place = "node '" + given + "' (Constant)";
            if (node.getInputCount() != 0 || node.getOutputCount() != 1) {
                throw new ModelFormatException(file, place, "a constant has no input and one output");
            }
            Optional<NdArray> value = ConstantNode.decode(node, place, attributes, problems);
            define(node.getOutput(0), value, place, constants, unsupported);
            nodeNames.add(Optional.empty());
        }
        return nodeNames;
    }

    private Graph assemble(
            GraphProto proto,
            Map<String, NdArray> constants,
            Set<String> unsupported,
            List<Node> decoded,
            boolean isModel) {
        String place = "graph '" + proto.getName() + "'";
        Map<String, TensorType> declared = new LinkedHashMap<>();
        List<String> inputs = new ArrayList<>();
        for (ValueInfoProto input : proto.getInputList()) {
            // Files of IR version 1 to 3 list constants among the inputs, as defaults that a run may replace.
            if (!constants.containsKey(input.getName()) && !unsupported.contains(input.getName())) {
                inputs.add(input.getName());
                types.input(input, isModel).ifPresent(type -> declared.put(input.getName(), type));
            }
        }
        List<String> outputs = new ArrayList<>();
        for (ValueInfoProto output : proto.getOutputList()) {
            outputs.add(output.getName());
            types.output(output, isModel).ifPresent(type -> declared.putIfAbsent(output.getName(), type));
        }
        List<Node> sorted = switch (TopologicalOrder.of(decoded)) {
            case TopologicalOrder.Sorted order -> order.nodes();
            case TopologicalOrder.Cycle(List<Node> cycle) ->
                throw new ModelFormatException(file, place, "a cycle: " + path(cycle));
        };
        Set<String> captured = isModel ? unsupported : captured(inputs, constants, sorted, outputs, unsupported);
        List<String> contradictions = GraphCheck.problems(inputs, captured, constants.keySet(), sorted, outputs);
        if (!contradictions.isEmpty()) {
            throw new ModelFormatException(
                    file,
                    place,
                    contradictions.stream().limit(MOST_LISTED).collect(Collectors.joining("; "))
                            + (contradictions.size() > MOST_LISTED
                                    ? "; and " + (contradictions.size() - MOST_LISTED) + " more"
                                    : ""));
        }
        constants.keySet().forEach(declared::remove);
        return new Graph(proto.getName(), inputs, List.copyOf(captured), constants, sorted, outputs, declared);
    }

    private static String path(List<Node> cycle) {
        List<String> steps = new ArrayList<>();
        cycle.stream().limit(MOST_LISTED).forEach(node -> steps.add(node.place()));
        if (cycle.size() > MOST_LISTED) {
            steps.add("... " + (cycle.size() - MOST_LISTED) + " more");
        }
        steps.add(cycle.getFirst().place());
        return String.join(" -> ", steps);
    }

    /** What a graph inside a node reads and does not define: values of the graphs around. */
    private static Set<String> captured(
            List<String> inputs,
            Map<String, NdArray> constants,
            List<Node> nodes,
            List<String> outputs,
            Set<String> unsupported) {
        Set<String> defined = new HashSet<>(inputs);
        defined.addAll(constants.keySet());
        nodes.forEach(node -> defined.addAll(node.definedNames()));
        Set<String> captured = new LinkedHashSet<>(unsupported);
        nodes.forEach(node -> captured.addAll(node.usedNames()));
        captured.addAll(outputs);
        captured.removeAll(defined);
        return captured;
    }
}

package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.NdArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Collects the changes of one pass over a graph and makes the new graph. Nodes may be added in any order; values keep their
 * names, the graph's outputs above all.
 */
public final class GraphEditor implements Scope {

    private final Graph graph;
    private final Map<String, NdArray> constants;
    private final Map<String, TensorType> types;
    private final Map<String, List<Node>> replacements = new HashMap<>();
    private final List<Node> added = new ArrayList<>();
    private final Map<String, String> redirections = new LinkedHashMap<>();
    private final Scope scope;

    public GraphEditor(Graph graph) {
        this.graph = graph;
        this.constants = new LinkedHashMap<>(graph.constants());
        this.types = new LinkedHashMap<>(graph.types());
        this.scope = new GraphScope(graph, constants);
    }

    @Override
    public String fresh(String base) {
        return scope.fresh(base);
    }

    @Override
    public String constant(String base, NdArray value) {
        return scope.constant(base, value);
    }

    /** Gives a value, which a node that is replaced or removed has defined, as a constant. */
    public GraphEditor define(String value, NdArray constant) {
        constants.put(value, constant);
        return this;
    }

    public GraphEditor type(String value, TensorType type) {
        types.put(value, type);
        return this;
    }

    public GraphEditor add(Node node) {
        added.add(node);
        return this;
    }

    /** Puts other nodes, or none, in the place of one. */
    public GraphEditor replace(Node node, Node... with) {
        replacements.put(node.name(), List.of(with));
        return this;
    }

    public GraphEditor remove(Node node) {
        return replace(node);
    }

    /**
     * Makes every reader of one value read another. The old value has to lose its definition by another edit. If it is an
     * output of the graph, that output is then computed under its old name.
     */
    public GraphEditor redirect(String from, String to) {
        redirections.put(from, to);
        return this;
    }

    /**
     * The graph with all changes.
     *
     * @throws IllegalArgumentException if it is not sound, or has a cycle
     */
    public Graph finish() {
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            nodes.addAll(replacements.getOrDefault(node.name(), List.of(node)));
        }
        nodes.addAll(added);
        Map<String, String> renames = outputsTakenOver(nodes);
        Map<String, String> reads = new HashMap<>(renames);
        for (String from : redirections.keySet()) {
            String target = target(from);
            reads.put(from, renames.getOrDefault(target, target));
        }
        nodes.replaceAll(node -> renamed(node, reads, renames));
        for (String output : graph.outputs()) {
            if (redirections.containsKey(output) && !renames.containsValue(output)) {
                nodes.add(identity(target(output), output));
            }
        }
        List<Node> sorted = switch (TopologicalOrder.of(nodes)) {
            case TopologicalOrder.Sorted order -> order.nodes();
            case TopologicalOrder.Cycle cycle ->
                throw new IllegalArgumentException("the edit makes a cycle of " + cycle.nodes());
        };
        renames.forEach((from, to) -> {
            TensorType type = types.remove(from);
            if (type != null) {
                types.put(to, type);
            }
        });
        Set<String> defined = new HashSet<>(graph.inputs());
        defined.addAll(graph.captured());
        sorted.forEach(node -> defined.addAll(node.definedNames()));
        types.keySet().retainAll(defined);
        return new Graph(graph.name(), graph.inputs(), graph.captured(), constants, sorted, graph.outputs(), types);
    }

    /** New names for computed values that stand in for an output: that output's name. */
    private Map<String, String> outputsTakenOver(List<Node> nodes) {
        Set<String> computed = new HashSet<>();
        nodes.forEach(node -> computed.addAll(node.definedNames()));
        Map<String, String> renames = new HashMap<>();
        for (String output : graph.outputs()) {
            if (redirections.containsKey(output)) {
                String target = target(output);
                if (computed.contains(target) && !graph.outputs().contains(target)) {
                    renames.putIfAbsent(target, output);
                }
            }
        }
        return renames;
    }

    /** Follows redirections of redirections. */
    private String target(String value) {
        String target = value;
        for (int steps = 0; redirections.containsKey(target); steps++) {
            if (steps > redirections.size()) {
                throw new IllegalArgumentException("redirections of '" + value + "' lead back to it");
            }
            target = redirections.get(target);
        }
        return target;
    }

    private static Node renamed(Node node, Map<String, String> reads, Map<String, String> renames) {
        List<Operand> outputs = node.outputs().stream()
                .map(operand -> switch (operand) {
                    case Operand.Value value -> Operand.of(renames.getOrDefault(value.name(), value.name()));
                    case Operand.Absent absent -> absent;
                })
                .toList();
        return node.withOutputs(List.of()).withNames(reads).withOutputs(outputs);
    }

    private Node identity(String from, String to) {
        return new Node(
                fresh(to + "_identity"),
                Operator.onnx("Identity"),
                List.of(Operand.of(from)),
                List.of(Operand.of(to)),
                Map.of(),
                List.of());
    }
}

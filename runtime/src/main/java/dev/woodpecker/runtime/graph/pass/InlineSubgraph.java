package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts the nodes of a graph inside a node in that node's place, as often as wanted: a branch once, a loop's body once for
 * each turn. Names inside are made anew; those of the graph around stay; the body's constants are added once.
 *
 * <pre>
 * y = If(true) { then: t = Relu(x) -> t; else: ... }      ->      y = Relu(x)
 * </pre>
 */
public final class InlineSubgraph {
    private final Graph body;
    private final Scope scope;
    private final Map<String, String> constants = new HashMap<>();
    private final List<String> sources;

    /**
     * @param around the node that has the body
     * @param scope of that node
     */
    public InlineSubgraph(Node around, Graph body, Scope scope) {
        this.body = body;
        this.scope = scope;
        this.sources = around.sources();
        body.constants()
                .forEach((name, value) -> constants.put(name, scope.constant(around.name() + "/" + name, value)));
    }

    /** A body whose constants were added to the scope of the node around, so that it can go on without them. */
    public static Graph withoutConstants(Node around, Graph body, Scope scope) {
        Set<String> own = new HashSet<>(body.inputs());
        body.nodes().forEach(node -> own.addAll(node.definedNames()));
        Map<String, String> names = new LinkedHashMap<>();
        body.constants().forEach((name, value) -> {
            String outside = scope.constant(around.name() + "/" + name, value);
            while (own.contains(outside)) {
                outside = scope.constant(outside, value);
            }
            names.put(name, outside);
        });
        List<String> captured = new ArrayList<>(body.captured());
        captured.addAll(names.values());
        return new Graph(
                body.name(),
                body.inputs(),
                captured,
                Map.of(),
                body.nodes().stream().map(node -> node.withNames(names)).toList(),
                body.outputs().stream()
                        .map(name -> names.getOrDefault(name, name))
                        .toList(),
                body.types());
    }

    /**
     * The body's nodes.
     *
     * @param prefix what its names begin with
     * @param arguments what the body's inputs are, one for each
     * @param results what its outputs shall be called, one for each; those that are absent get names of their own
     * @return the nodes, and the names of the outputs
     */
    public Inlined apply(String prefix, List<String> arguments, List<Operand> results) {
        if (arguments.size() != body.inputs().size()
                || results.size() != body.outputs().size()) {
            throw new IllegalArgumentException("graph '" + body.name() + "' has "
                    + body.inputs().size() + " inputs and " + body.outputs().size() + " outputs, not "
                    + arguments.size() + " and " + results.size());
        }
        Map<String, String> names = new HashMap<>(constants);
        for (int i = 0; i < arguments.size(); i++) {
            names.put(body.inputs().get(i), arguments.get(i));
        }
        Set<String> computed = new HashSet<>();
        body.nodes().forEach(node -> computed.addAll(node.definedNames()));
        List<Node> copies = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            String output = body.outputs().get(i);
            if (results.get(i) instanceof Operand.Value(String wanted)) {
                if (computed.contains(output) && !names.containsKey(output)) {
                    names.put(output, wanted);
                } else {
                    copies.add(new Node(
                            scope.fresh(prefix + "/" + wanted + "_copy"),
                            Operator.onnx("Identity"),
                            List.of(Operand.of(names.getOrDefault(output, output))),
                            List.of(results.get(i)),
                            Map.of(),
                            sources));
                }
            }
        }
        computed.forEach(name -> names.computeIfAbsent(name, _ -> scope.fresh(prefix + "/" + name)));
        List<Node> nodes = new ArrayList<>();
        body.nodes()
                .forEach(node -> nodes.add(node.withNames(names).withName(scope.fresh(prefix + "/" + node.name()))));
        copies.forEach(nodes::add);
        List<String> outputs = body.outputs().stream()
                .map(output -> names.getOrDefault(output, output))
                .toList();
        return new Inlined(nodes, outputs);
    }

    /**
     * @param outputs the names of the body's outputs, where they are computed
     */
    public record Inlined(List<Node> nodes, List<String> outputs) {
        public Inlined {
            nodes = List.copyOf(nodes);
            outputs = List.copyOf(outputs);
        }
    }
}

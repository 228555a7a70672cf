package dev.woodpecker.runtime.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who defines and who reads each value of a graph. */
public final class Uses {

    private final Map<String, Node> producers = new HashMap<>();
    private final Map<String, List<Node>> readers = new HashMap<>();
    private final Set<String> outputs;

    private Uses(Graph graph) {
        outputs = Set.copyOf(graph.outputs());
        for (Node node : graph.nodes()) {
            node.definedNames().forEach(value -> producers.put(value, node));
            node.usedNames().stream()
                    .distinct()
                    .forEach(value -> readers.computeIfAbsent(value, _ -> new ArrayList<>())
                            .add(node));
        }
    }

    public static Uses of(Graph graph) {
        return new Uses(graph);
    }

    /** The node that computes a value; none for an input or a constant. */
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    public Optional<Node> producer(Operand operand) {
        return operand instanceof Operand.Value value ? producer(value.name()) : Optional.empty();
    }

    /** The nodes that read a value, each once, in the graph's order. */
    public List<Node> readers(String value) {
        return readers.getOrDefault(value, List.of());
    }

    public boolean isOutput(String value) {
        return outputs.contains(value);
    }

    /** The one node that reads a value which nothing else needs: what a fusion asks for. */
    public Optional<Node> onlyReader(String value) {
        List<Node> all = readers(value);
        return all.size() == 1 && !isOutput(value) ? Optional.of(all.getFirst()) : Optional.empty();
    }

    public boolean isUnused(String value) {
        return readers(value).isEmpty() && !isOutput(value);
    }
}

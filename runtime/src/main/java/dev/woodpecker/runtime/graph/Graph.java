package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.NdArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Nodes in an order in which each comes after those it reads from. Every value is named and defined once: as an input, a
 * constant, or an output of a node.
 *
 * @param inputs what a run is given
 * @param captured what a subgraph reads from the graphs around it; empty for the graph of a model
 * @param constants weights, by the name of their value
 * @param outputs the values that a run returns
 * @param types of the values of which it is known; a constant's type is its own
 */
public record Graph(
        String name,
        List<String> inputs,
        List<String> captured,
        Map<String, NdArray> constants,
        List<Node> nodes,
        List<String> outputs,
        Map<String, TensorType> types) {

    /**
     * @throws IllegalArgumentException listing what is unsound: see {@link GraphCheck}
     */
    public Graph {
        inputs = List.copyOf(inputs);
        captured = List.copyOf(captured);
        constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
        List<String> problems = GraphCheck.problems(inputs, captured, constants.keySet(), nodes, outputs);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("graph '" + name + "': " + String.join("; ", problems));
        }
    }

    /** The type of a value, if known. */
    public Optional<TensorType> type(String value) {
        NdArray constant = constants.get(value);
        return constant != null ? Optional.of(TensorType.of(constant)) : Optional.ofNullable(types.get(value));
    }

    public Optional<NdArray> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }

    public Graph withTypes(Map<String, TensorType> newTypes) {
        return new Graph(name, inputs, captured, constants, nodes, outputs, newTypes);
    }

    /**
     * This graph of a node with other names for values of the graphs around it. A name that it has for a value of its own
     * gives way.
     */
    public Graph withCapturedRenamed(Map<String, String> names) {
        return CapturedNames.renamed(this, names);
    }

    /** The graph as readable text, one line a value. */
    @Override
    public String toString() {
        return GraphPrinter.text(this);
    }
}

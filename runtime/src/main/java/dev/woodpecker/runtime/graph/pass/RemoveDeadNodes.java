package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes nodes that no output needs, and constants that nobody reads.
 *
 * <pre>
 * b = Relu(a); c = Exp(a)  -> b      becomes      b = Relu(a)  -> b
 * </pre>
 */
public final class RemoveDeadNodes {
    private RemoveDeadNodes() {}

    public static Graph apply(Graph graph) {
        Set<String> needed = new HashSet<>(graph.outputs());
        List<Node> kept = new ArrayList<>();
        for (Node node : graph.nodes().reversed()) {
            if (node.definedNames().stream().anyMatch(needed::contains)) {
                kept.addFirst(node);
                needed.addAll(node.usedNames());
            }
        }
        Map<String, NdArray> constants = new LinkedHashMap<>(graph.constants());
        constants.keySet().retainAll(needed);
        Set<String> defined = new HashSet<>(graph.inputs());
        kept.forEach(node -> defined.addAll(node.definedNames()));
        Map<String, TensorType> types = new LinkedHashMap<>(graph.types());
        types.keySet().retainAll(defined);
        return new Graph(graph.name(), graph.inputs(), graph.captured(), constants, kept, graph.outputs(), types);
    }
}

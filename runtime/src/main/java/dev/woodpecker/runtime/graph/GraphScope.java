package dev.woodpecker.runtime.graph;

import dev.woodpecker.runtime.NdArray;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The scope of a whole graph: names are fresh that neither the graph has nor this has given. */
public final class GraphScope implements Scope {
    private final Set<String> names = new HashSet<>();
    private final Map<String, NdArray> constants;

    /** @param constants where new constants go */
    public GraphScope(Graph graph, Map<String, NdArray> constants) {
        this.constants = constants;
        names.addAll(graph.inputs());
        names.addAll(graph.captured());
        names.addAll(graph.constants().keySet());
        for (Node node : graph.nodes()) {
            names.add(node.name());
            names.addAll(node.definedNames());
        }
    }

    @Override
    public String fresh(String base) {
        String name = base;
        for (int i = 2; !names.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }

    @Override
    public String constant(String base, NdArray value) {
        String name = fresh(base);
        constants.put(name, value);
        return name;
    }
}

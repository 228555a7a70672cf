package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import java.util.Optional;

/**
 * Removes Identity nodes, but for those that name an output: these cost a view, not a copy.
 *
 * <pre>
 * b = Identity(a); c = Relu(b)      ->      c = Relu(a)
 * </pre>
 */
public final class RemoveIdentities {
    private RemoveIdentities() {}

    public static Graph apply(Graph graph) {
        GraphEditor editor = new GraphEditor(graph);
        boolean changed = false;
        for (Node node : graph.nodes()) {
            Optional<String> from = node.inputName(0);
            Optional<String> to = node.outputName(0);
            boolean named = to.isPresent() && graph.outputs().contains(to.get());
            if (node.operator().isOnnx("Identity") && from.isPresent() && to.isPresent() && !named) {
                editor.remove(node).redirect(to.get(), from.get());
                changed = true;
            }
        }
        return changed ? editor.finish() : graph;
    }
}

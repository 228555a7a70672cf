package dev.woodpecker.runtime.plan.inference;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.plan.binding.BoundKernel;
import java.util.Map;
import java.util.Optional;

/**
 * A graph of which every value's type is known, with the kernels of its nodes; views have none.
 *
 * @param graph up to where inference had to stop
 * @param kernels by the node
 * @param pinned inputs whose elements decided shapes or attributes, and so are constants now; it is for these elements alone
 * @param rest what comes after, if it stopped
 */
public record InferredGraph(
        Graph graph, Map<Node, BoundKernel> kernels, Map<String, NdArray> pinned, Optional<Rest> rest) {
    /**
     * What cannot be planned before the graph has run: shapes there depend on elements.
     *
     * @param hostNode an operator to run in between, in Java; its results are inputs of {@code graph}
     * @param hostConstants the inputs of that operator that are constants
     * @param graph the other nodes; its inputs are values of the graph before
     */
    public record Rest(Optional<Node> hostNode, Map<String, NdArray> hostConstants, Graph graph) {}
}

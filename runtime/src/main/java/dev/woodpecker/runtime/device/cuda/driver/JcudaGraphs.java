package dev.woodpecker.runtime.device.cuda.driver;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUgraphNodeType;
import jcuda.driver.JCudaDriver;

/** Asks a captured graph for its steps in their order, which the driver's list of nodes does not promise. */
final class JcudaGraphs {
    /** Fills in nodes and how many there are; with no place for nodes only the latter. */
    private interface Question {
        int ask(CUgraphNode @org.jspecify.annotations.Nullable [] nodes, long[] count);
    }

    private JcudaGraphs() {}

    /** The kernels, each behind the one before it. */
    static List<CUgraphNode> kernels(CUgraph graph) {
        List<CUgraphNode> kernels = new ArrayList<>();
        List<CUgraphNode> next =
                ask("cuGraphGetRootNodes", (nodes, count) -> JCudaDriver.cuGraphGetRootNodes(graph, nodes, count));
        while (!next.isEmpty()) {
            if (next.size() > 1) {
                throw new IllegalStateException(
                        "what was captured of a stream branches into " + next.size() + " steps");
            }
            CUgraphNode node = next.getFirst();
            int[] type = new int[1];
            JcudaDriver.check(JCudaDriver.cuGraphNodeGetType(node, type), "cuGraphNodeGetType");
            if (type[0] == CUgraphNodeType.CU_GRAPH_NODE_TYPE_KERNEL) {
                kernels.add(node);
            }
            next = ask(
                    "cuGraphNodeGetDependentNodes",
                    (nodes, count) -> JCudaDriver.cuGraphNodeGetDependentNodes(node, nodes, count));
        }
        return kernels;
    }

    private static List<CUgraphNode> ask(String call, Question question) {
        long[] count = new long[1];
        JcudaDriver.check(question.ask(null, count), call);
        CUgraphNode[] nodes = new CUgraphNode[(int) count[0]];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = new CUgraphNode();
        }
        if (nodes.length > 0) {
            JcudaDriver.check(question.ask(nodes, count), call);
        }
        return List.of(nodes);
    }
}

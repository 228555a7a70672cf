package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import org.junit.jupiter.api.Test;

class RemoveDeadNodesTest {
    @Test
    void whatNoOutputNeedsGoesWithItsConstants() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 4)
                .weights("w", 4)
                .node("dead1", "Mul", "x w", "a")
                .node("live", "Relu", "x", "y")
                .node("dead2", "Exp", "a", "b")
                .outputs("y");
        assertThat(RemoveDeadNodes.apply(graph)).hasToString("""
            graph g
              input x: f32[4]
              y = Relu(x)  # live
              output y
            """);
    }
}

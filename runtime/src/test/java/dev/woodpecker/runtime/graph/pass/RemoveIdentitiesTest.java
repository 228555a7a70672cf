package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import org.junit.jupiter.api.Test;

class RemoveIdentitiesTest {
    @Test
    void readersReadWhatTheIdentityReads() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 4)
                .node("i1", "Identity", "x", "a")
                .node("i2", "Identity", "a", "b")
                .node("r", "Relu", "b", "y")
                .outputs("y");
        assertThat(RemoveIdentities.apply(graph)).hasToString("""
            graph g
              input x: f32[4]
              y = Relu(x)  # r
              output y
            """);
    }

    @Test
    void anOutputKeepsItsIdentity() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 4)
                .node("i", "Identity", "x", "y")
                .outputs("y");
        assertThat(RemoveIdentities.apply(graph)).isSameAs(graph);
    }
}

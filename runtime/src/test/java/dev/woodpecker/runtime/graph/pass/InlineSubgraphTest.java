package dev.woodpecker.runtime.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TestGraph;
import java.util.List;
import org.junit.jupiter.api.Test;

class InlineSubgraphTest {
    /** x plus one of its own, and the value that it reads from around. */
    private static Graph body() {
        return new TestGraph()
                .captured("x")
                .constant("one", NdArray.scalar(1f))
                .node("add", "Add", "x one", "t")
                .node("relu", "Relu", "t", "r")
                .outputs("r", "x");
    }

    private static Graph around(Graph branch) {
        return new TestGraph()
                .input("x", DType.F32, 4)
                .input("t", DType.F32, 4)
                .constant("yes", NdArray.scalar(true))
                .node("if1", "If", "yes", "y z", "then_branch", new Attribute.Subgraph(branch))
                .node("sum", "Sum", "y z t", "s")
                .outputs("s");
    }

    @Test
    void namesInsideAreMadeAnewAndThoseAroundStay() {
        Graph graph = around(body());
        GraphEditor editor = new GraphEditor(graph);
        Node node = graph.nodes().getFirst();
        var inlined = new InlineSubgraph(node, body(), editor).apply("if1", List.of(), node.outputs());
        editor.replace(node, inlined.nodes().toArray(Node[]::new));
        assertThat(RemoveDeadNodes.apply(editor.finish())).hasToString("""
            graph g
              input x: f32[4]
              input t: f32[4]
              constant if1/one: f32[]
              if1/t = Add(x, if1/one)  # if1/add
              y = Relu(if1/t)  # if1/relu
              z = Identity(x)  # if1/z_copy
              s = Sum(y, z, t)  # sum
              output s
            """);
        assertThat(inlined.outputs()).containsExactly("y", "x");
    }

    @Test
    void aBodyCanBeInlinedTurnAfterTurn() {
        Graph body = new TestGraph()
                .input("state", DType.F32, 4)
                .constant("two", NdArray.scalar(2f))
                .node("mul", "Mul", "state two", "next")
                .outputs("next");
        Graph graph = new TestGraph()
                .input("x", DType.F32, 4)
                .node("loop1", "Loop", "_ _ x", "y", "body", new Attribute.Subgraph(body))
                .outputs("y");
        GraphEditor editor = new GraphEditor(graph);
        Node node = graph.nodes().getFirst();
        InlineSubgraph inline = new InlineSubgraph(node, body, editor);
        var first = inline.apply("loop1/0", List.of("x"), List.of(dev.woodpecker.runtime.graph.Operand.ABSENT));
        var second = inline.apply("loop1/1", first.outputs(), node.outputs());
        editor.replace(node, first.nodes().getFirst(), second.nodes().getFirst());
        assertThat(editor.finish()).hasToString("""
            graph g
              input x: f32[4]
              constant loop1/two: f32[]
              loop1/0/next = Mul(x, loop1/two)  # loop1/0/mul
              y = Mul(loop1/0/next, loop1/two)  # loop1/1/mul
              output y
            """);
    }

    /** A graph two levels down still reads what it read, under its new name. */
    @Test
    void graphsInsideFollowNewNames() {
        Graph inner = new TestGraph().captured("a").node("exp", "Exp", "a", "b").outputs("b");
        Graph graph = new TestGraph()
                .input("x", DType.F32, 4)
                .input("c", DType.BOOL)
                .node("id", "Identity", "x", "a")
                .node("if1", "If", "c", "y", "then_branch", new Attribute.Subgraph(inner))
                .outputs("y");
        Node without = RemoveIdentities.apply(graph).nodes().getFirst();
        assertThat(without.usedNames()).containsExactly("c", "x");
        assertThat(((Attribute.Subgraph) without.attribute("then_branch").orElseThrow()).value())
                .hasToString("""
                    graph g
                      captured x
                      b = Exp(x)  # exp
                      output b
                    """);
    }

    /** What the body called as the graph around now calls something else gives way. */
    @Test
    void aNameInsideGivesWayToOneThatComesFromAround() {
        Graph inner = new TestGraph().captured("a").node("exp", "Exp", "a", "x").outputs("x");
        Graph renamed = inner.withCapturedRenamed(java.util.Map.of("a", "x"));
        assertThat(renamed).hasToString("""
            graph g
              captured x
              x_2 = Exp(x)  # exp
              output x_2
            """);
    }
}

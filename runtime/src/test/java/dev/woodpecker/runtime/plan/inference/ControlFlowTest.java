package dev.woodpecker.runtime.plan.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.graph.pass.RemoveDeadNodes;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Branches and loops whose course is known, before and after. */
class ControlFlowTest {
    private static InferredGraph infer(Graph graph, Map<String, NdArray> elements) {
        return GraphInference.infer(
                "test",
                graph,
                new KernelBinder(KernelLibrary.ofClassPath()),
                input -> Optional.ofNullable(elements.get(input)));
    }

    private static Graph inferred(Graph graph) {
        return RemoveDeadNodes.apply(infer(graph, Map.of()).graph());
    }

    private static Attribute branch(String operator) {
        return new Attribute.Subgraph(
                new TestGraph().captured("x").node("n", operator, "x", "r").outputs("r"));
    }

    private static TestGraph branches(TestGraph graph) {
        return graph.node("if1", "If", "c", "y", "then_branch", branch("Relu"), "else_branch", branch("Exp"));
    }

    @Test
    void theBranchThatAShapeDecidesIsTaken() {
        Graph graph = branches(new TestGraph()
                        .input("x", DType.F32, 2, 3)
                        .constant("one", NdArray.of(new long[] {1}, 1))
                        .constant("three", NdArray.of(new long[] {3}, 1))
                        .node("shape1", "Shape", "x", "s", "start", 0)
                        .node("gather1", "Gather", "s one", "n", "axis", 0)
                        .node("equal1", "Equal", "n three", "c"))
                .outputs("y");
        assertThat(inferred(graph)).hasToString("""
            graph g
              input x: f32[2, 3]
              y: f32[2, 3] = Relu(x)  # if1/n
              output y
            """);
    }

    @Test
    void aConditionThatIsAnInputIsPinned() {
        Graph graph = branches(new TestGraph().input("x", DType.F32, 4).input("c", DType.BOOL))
                .outputs("y");
        InferredGraph inferred = infer(graph, Map.of("c", NdArray.scalar(false)));
        assertThat(inferred.pinned()).containsOnlyKeys("c");
        assertThat(inferred.graph().toString()).contains("y: f32[4] = Exp(x)");
    }

    /** The part before it runs, then the branch is known. */
    @Test
    void aConditionThatIsComputedEndsThePart() {
        Graph graph = branches(new TestGraph()
                        .input("x", DType.F32, 4)
                        .constant("zero", NdArray.scalar(0f))
                        .node("sum", "ReduceSum", "x", "t", "keepdims", 0, "noop_with_empty_axes", 0)
                        .node("greater", "Greater", "t zero", "c"))
                .outputs("y");
        InferredGraph inferred = infer(graph, Map.of());
        assertThat(inferred.graph().outputs()).containsExactly("c");
        assertThat(inferred.rest().orElseThrow().graph().nodes())
                .singleElement()
                .satisfies(node -> assertThat(node.operator().name()).isEqualTo("If"));
    }

    private static final Graph COUNTING = new TestGraph()
            .input("i", DType.I64)
            .input("go", DType.BOOL)
            .input("v", DType.F32, 2)
            .captured("x")
            .node("add", "Add", "v x", "w")
            .node("goes", "Identity", "go", "goesOn")
            .node("row", "Relu", "w", "scan")
            .outputs("goesOn", "w", "scan");

    @Test
    void aLoopOfKnownLengthBecomesItsTurns() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 2)
                .constant("two", NdArray.scalar(2L))
                .constant("zeros", NdArray.of(new float[2], 2))
                .node("loop1", "Loop", "two _ zeros", "last all", "body", new Attribute.Subgraph(COUNTING))
                .outputs("last", "all");
        assertThat(inferred(graph).toString())
                .contains("loop1/0/w: f32[2] = Add(zeros, x)  # loop1/0/add")
                .contains("loop1/1/w: f32[2] = Add(loop1/0/w, x)  # loop1/1/add")
                .contains("last: f32[2] = Identity(loop1/1/w)")
                .contains("all: f32[2, 2] = ");
    }

    @Test
    void aConditionThatFoldsIsFollowedTurnByTurn() {
        Graph body = new TestGraph()
                .input("i", DType.I64)
                .input("go", DType.BOOL)
                .input("v", DType.F32, 2)
                .constant("three", NdArray.scalar(3L))
                .captured("x")
                .node("add", "Add", "v x", "w")
                .node("less", "Less", "i three", "goesOn")
                .outputs("goesOn", "w");
        Graph graph = new TestGraph()
                .input("x", DType.F32, 2)
                .constant("yes", NdArray.scalar(true))
                .node("loop1", "Loop", "_ yes x", "y", "body", new Attribute.Subgraph(body))
                .outputs("y");
        // i is 0, 1, 2, 3: the turn in which it is 3 is the last.
        assertThat(inferred(graph).nodes().stream()
                        .filter(node -> node.operator().name().equals("Add")))
                .hasSize(4);
    }

    @Test
    void aLoopOfNoTurnsGivesWhatItWasGiven() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 2)
                .constant("none", NdArray.scalar(0L))
                .node("loop1", "Loop", "none _ x", "y", "body", new Attribute.Subgraph(COUNTING))
                .outputs("y");
        assertThat(inferred(graph).toString()).contains("y: f32[2] = Identity(x)");
    }

    @Test
    void aLoopThatIsTooLongIsRefused() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 2)
                .constant("many", NdArray.scalar(1_000_000L))
                .node("loop1", "Loop", "many _ x", "y", "body", new Attribute.Subgraph(COUNTING))
                .outputs("y");
        assertThatThrownBy(() -> infer(graph, Map.of()))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'loop1' (Loop): 1000000 turns of a body of 3 nodes")
                .hasMessageContaining("up to 50000 nodes in all");
    }

    @Test
    void aScanBecomesItsBodyForEachPosition() {
        Graph body = new TestGraph()
                .input("v", DType.F32, 2)
                .input("row", DType.F32, 2)
                .node("add", "Add", "v row", "w")
                .node("exp", "Exp", "w", "e")
                .outputs("w", "e");
        Graph graph = new TestGraph()
                .input("x", DType.F32, 3, 2)
                .constant("zeros", NdArray.of(new float[2], 2))
                .node("scan1", "Scan", "zeros x", "y z", "num_scan_inputs", 1, "body", new Attribute.Subgraph(body))
                .outputs("y", "z");
        Graph done = inferred(graph);
        assertThat(done.nodes().stream().filter(node -> node.operator().name().equals("Exp")))
                .hasSize(3);
        assertThat(done.type("z")).hasToString("Optional[f32[3, 2]]");
    }
}

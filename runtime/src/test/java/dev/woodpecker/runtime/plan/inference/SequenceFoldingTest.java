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
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Of sequences only their members are left. */
class SequenceFoldingTest {
    private static InferredGraph infer(Graph graph) {
        return GraphInference.infer(
                "test", graph, new KernelBinder(KernelLibrary.ofClassPath()), _ -> Optional.empty());
    }

    private static Graph folded(Graph graph) {
        return RemoveDeadNodes.apply(infer(graph).graph());
    }

    private static NdArray number(long value) {
        return NdArray.scalar(value);
    }

    @Test
    void aPartOfASplitIsASlice() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 5, 2)
                .constant("two", number(2))
                .constant("last", number(-1))
                .node("split1", "SplitToSequence", "x two", "s", "axis", 0, "keepdims", 1)
                .node("at1", "SequenceAt", "s last", "y")
                .outputs("y");
        Graph done = folded(graph);
        assertThat(done.nodes()).extracting(node -> node.operator().name()).containsExactly("Slice", "Identity");
        assertThat(done.type("y")).hasToString("Optional[f32[1, 2]]");
    }

    @Test
    void rowsLoseTheirAxisWhereAsked() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 3, 2)
                .node("split1", "SplitToSequence", "x", "s", "axis", -1, "keepdims", 0)
                .node("concat1", "ConcatFromSequence", "s", "y", "axis", 0, "new_axis", 1)
                .outputs("y");
        assertThat(folded(graph).type("y")).hasToString("Optional[f32[2, 3]]");
    }

    @Test
    void membersComeAndGo() {
        Graph graph = new TestGraph()
                .input("a", DType.F32, 2)
                .input("b", DType.F32, 2)
                .input("c", DType.F32, 2)
                .constant("zero", number(0))
                .node("empty", "SequenceEmpty", "_", "s0")
                .node("insert1", "SequenceInsert", "s0 a", "s1")
                .node("insert2", "SequenceInsert", "s1 b zero", "s2")
                .node("insert3", "SequenceInsert", "s2 c", "s3")
                .node("erase", "SequenceErase", "s3 zero", "s4")
                .node("same", "Identity", "s4", "s5")
                .node("length", "SequenceLength", "s5", "n")
                .node("concat", "ConcatFromSequence", "s5", "y", "axis", 0, "new_axis", 0)
                .outputs("y", "n");
        InferredGraph inferred = infer(graph);
        assertThat(inferred.graph().toString()).contains("Concat(a, c)");
        assertThat(folded(graph).type("n")).hasToString("Optional[i64[]]");
    }

    @Test
    void aMapIsItsBodyForEachMember() {
        Graph body = new TestGraph()
                .input("member", DType.F32, 2)
                .input("other", DType.F32, 2)
                .node("add", "Add", "member other", "r")
                .outputs("r");
        Graph graph = new TestGraph()
                .input("a", DType.F32, 2)
                .input("b", DType.F32, 2)
                .node("make", "SequenceConstruct", "a b", "s")
                .node("map", "SequenceMap", "s b", "t", "body", new Attribute.Subgraph(body))
                .node("concat", "ConcatFromSequence", "t", "y", "axis", 0, "new_axis", 0)
                .outputs("y");
        assertThat(folded(graph).toString())
                .contains("map/0/r: f32[2] = Add(a, b)")
                .contains("map/1/r: f32[2] = Add(b, b)")
                .contains("Concat(map/0/r, map/1/r)");
    }

    /** A position that is computed ends the part; the rest begins with the sequence made anew. */
    @Test
    void sequencesGoOnBehindAPart() {
        Graph graph = new TestGraph()
                .input("a", DType.F32, 2)
                .input("b", DType.F32, 2)
                .node("make", "SequenceConstruct", "a b", "s")
                .node("where", "ArgMax", "a", "p", "axis", 0, "keepdims", 0)
                .node("at1", "SequenceAt", "s p", "y")
                .outputs("y");
        InferredGraph inferred = infer(graph);
        assertThat(inferred.graph().outputs()).containsExactly("p");
        assertThat(inferred.rest().orElseThrow().graph().nodes())
                .extracting(node -> node.operator().name())
                .containsExactly("SequenceConstruct", "SequenceAt");
    }

    @Test
    void aPositionOutsideIsRefused() {
        Graph graph = new TestGraph()
                .input("a", DType.F32, 2)
                .constant("one", number(1))
                .node("make", "SequenceConstruct", "a", "s")
                .node("at1", "SequenceAt", "s one", "y")
                .outputs("y");
        assertThatThrownBy(() -> infer(graph))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'at1' (SequenceAt): position 1 of a sequence of 1");
    }
}

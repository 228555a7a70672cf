package dev.woodpecker.runtime.plan.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.graph.pass.RemoveDeadNodes;
import dev.woodpecker.runtime.plan.binding.KernelBinder;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GraphInferenceTest {
    private static InferredGraph infer(Graph graph) {
        return infer(graph, Map.of());
    }

    private static InferredGraph infer(Graph graph, Map<String, NdArray> elements) {
        return GraphInference.infer(
                "test",
                graph,
                new KernelBinder(KernelLibrary.ofClassPath()),
                input -> Optional.ofNullable(elements.get(input)));
    }

    private static NdArray vector(long... values) {
        return NdArray.of(values, values.length);
    }

    @Test
    void typesAreThoseOfTheSpecialisedKernels() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, 3, 32, 32)
                .weights("w", 8, 3, 3, 3)
                .node("conv1", "Conv", "x w", "c", "group", 1, "auto_pad", "SAME_UPPER", "strides", new long[] {2, 2})
                .node("argmax1", "ArgMax", "c", "y", "axis", -1, "keepdims", 0)
                .outputs("y");
        assertThat(infer(graph).graph()).hasToString("""
            graph g
              input x: f32[1, 3, 32, 32]
              constant w: f32[8, 3, 3, 3]
              c: f32[1, 8, 16, 16] = Conv(x, w) {auto_pad="SAME_UPPER", group=1, strides=[2, 2]}  # conv1
              y: i64[1, 8, 16] = ArgMax(c) {axis=-1, keepdims=0}  # argmax1
              output y
            """);
    }

    /** The arithmetic on shapes that exporters write before a Reshape. */
    @Test
    void shapesAreComputedWhereTheyAreNeeded() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 2, 3, 4)
                .constant("zero", vector(0))
                .constant("minusOne", vector(-1))
                .node("shape1", "Shape", "x", "s", "start", 0)
                .node("gather1", "Gather", "s zero", "n", "axis", 0)
                .node("concat1", "Concat", "n minusOne", "r", "axis", 0)
                .node("reshape1", "Reshape", "x r", "y", "allowzero", 0)
                .outputs("y");
        assertThat(RemoveDeadNodes.apply(infer(graph).graph()).toString()).contains("y: f32[2, 12] = Reshape(x, r)");
    }

    @Test
    void anInputThatDecidesAShapeIsPinned() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 6)
                .input("shape", DType.I64, 2)
                .node("reshape1", "Reshape", "x shape", "y", "allowzero", 0)
                .outputs("y");
        InferredGraph inferred = infer(graph, Map.of("shape", vector(2, -1)));
        assertThat(inferred.pinned()).containsOnlyKeys("shape");
        assertThat(inferred.graph().inputs()).containsExactly("x");
        assertThat(inferred.graph().type("y")).hasToString("Optional[f32[2, 3]]");
    }

    @Test
    void aHostOperatorEndsThePart() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 6)
                .node("relu1", "Relu", "x", "a")
                .node("nonzero1", "NonZero", "a", "i")
                .node("cast1", "Cast", "i", "j", "to", DType.F32)
                .node("add1", "Add", "j x", "y")
                .outputs("y", "a");
        InferredGraph inferred = infer(graph);
        assertThat(inferred.graph()).hasToString("""
            graph g
              input x: f32[6]
              a: f32[6] = Relu(x)  # relu1
              output a
            """);
        InferredGraph.Rest rest = inferred.rest().orElseThrow();
        assertThat(rest.hostNode()).map(node -> node.name()).contains("nonzero1");
        assertThat(rest.graph()).hasToString("""
            graph g
              input x: f32[6]
              input a: f32[6]
              input i
              j = Cast(i) {to=f32}  # cast1
              y = Add(j, x)  # add1
              output y
              output a
            """);
    }

    /** The shape is an element that the graph itself computes: it has to run up to there. */
    @Test
    void aShapeThatIsComputedFromAnInputEndsThePart() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 6)
                .input("n", DType.I64, 1)
                .constant("one", vector(1))
                .node("add1", "Add", "n one", "m")
                .node("expand1", "Expand", "x m", "y")
                .outputs("y");
        InferredGraph inferred = infer(graph, Map.of("n", vector(5)));
        assertThat(inferred.graph().outputs()).containsExactly("m");
        assertThat(inferred.rest().orElseThrow().hostNode()).isEmpty();
        assertThat(inferred.rest().orElseThrow().graph().inputs()).containsExactlyInAnyOrder("m", "x");
    }

    @Test
    void splitIsSlicesAndSumsArePairs() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 7)
                .node("split1", "Split", "x", "a b c", "axis", 0, "num_outputs", 3)
                .node("sum1", "Sum", "a b a", "y")
                .outputs("y", "c");
        assertThat(infer(graph).graph().toString())
                .contains("a: f32[3] = Slice(x, split1_start, split1_end, split1_axis)  # split1_0")
                .contains("c: f32[1] = Slice(")
                .contains("sum1_1: f32[3] = Add(a, b)  # sum1_Add1")
                .contains("y: f32[3] = Add(sum1_1, a)  # sum1");
    }

    @Test
    void everyNodeThatCannotBeServedIsNamedAtOnce() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 1, 1, 4, 4)
                .node("resize1", "Resize", "x", "a", "mode", "lanczos")
                .node("relu1", "Relu", "a", "b")
                .node("decoder1", "ImageDecoder", "x", "c")
                .outputs("b", "c");
        assertThatThrownBy(() -> infer(graph))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'resize1' (Resize): mode = \"lanczos\"")
                .hasMessageContaining("mode = nearest, linear, cubic")
                .hasMessageContaining("node 'decoder1' (ImageDecoder)")
                .hasMessageNotContaining("relu1");
    }

    @Test
    void typesThatDisagreeAreAnErrorThatNamesNodeAndKernel() {
        Graph graph = new TestGraph()
                .input("x", DType.F32, 3)
                .input("z", DType.F32, 4)
                .node("add1", "Add", "x z", "y")
                .outputs("y");
        assertThatThrownBy(() -> infer(graph))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("node 'add1' (Add)")
                .hasMessageContaining("Arithmetic.add");
    }
}

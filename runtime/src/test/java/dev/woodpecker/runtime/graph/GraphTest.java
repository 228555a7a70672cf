package dev.woodpecker.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.InvalidInputException;
import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GraphTest {

    private static final TensorType X =
            new TensorType(DType.F32, new Shape(List.of(new Dimension.Symbolic("batch"), new Dimension.Known(4))));

    private static Node node(String name, String operator, String inputs, String outputs) {
        return new Node(name, Operator.onnx(operator), operands(inputs), operands(outputs), Map.of(), List.of(name));
    }

    private static List<Operand> operands(String names) {
        return Arrays.stream(names.split(" "))
                .map(name -> Operand.of(name.equals("_") ? "" : name))
                .toList();
    }

    private static Graph graph(List<String> outputs, Node... nodes) {
        return new Graph(
                "g",
                List.of("x"),
                List.of(),
                Map.of("w", NdArray.of(new float[] {1, 2, 3, 4}, 4)),
                List.of(nodes),
                outputs,
                Map.of("x", X));
    }

    private static String lines(Graph graph) {
        return graph.toString().strip();
    }

    @Test
    void textHasOneLineAValue() {
        Graph graph = graph(
                List.of("y"),
                node("clip", "Clip", "x _ w", "c").with("note", Attribute.of("upper")),
                node("split", "Split", "c", "y _"));
        assertThat(lines(graph)).isEqualTo("""
            graph g
              input x: f32[batch, 4]
              constant w: f32[4]
              c = Clip(x, _, w) {note="upper"}  # clip
              y = Split(c)  # split
              output y\
            """);
    }

    @Test
    void anUnsoundGraphCannotBeMade() {
        assertThatThrownBy(() -> graph(List.of("z"), node("a", "Relu", "y", "w"), node("a", "Relu", "x", "y")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("node 'a' (Relu) reads 'y', which nothing before it defines")
                .hasMessageContaining("'w' is defined twice: as a constant and as an output of node 'a' (Relu)")
                .hasMessageContaining("two nodes are called 'a'")
                .hasMessageContaining("the output 'z' is not defined");
    }

    @Test
    void usesFindProducersAndReaders() {
        Graph graph = graph(
                List.of("b", "c"),
                node("n1", "Relu", "x", "a"),
                node("n2", "Add", "a a", "b"),
                node("n3", "Add", "b w", "c"));
        Uses uses = Uses.of(graph);
        assertThat(uses.producer("a")).map(Node::name).contains("n1");
        assertThat(uses.producer("x")).isEmpty();
        assertThat(uses.readers("a")).extracting(Node::name).containsExactly("n2");
        assertThat(uses.onlyReader("a")).map(Node::name).contains("n2");
        assertThat(uses.onlyReader("b")).as("an output too").isEmpty();
        assertThat(uses.isUnused("c")).isFalse();
    }

    @Test
    void sortingKeepsTheOrderWhereItIsFree() {
        Node a = node("a", "Relu", "x", "1");
        Node b = node("b", "Relu", "3", "2");
        Node c = node("c", "Relu", "x", "3");
        assertThat(TopologicalOrder.of(List.of(a, b, c))).isEqualTo(new TopologicalOrder.Sorted(List.of(a, c, b)));
    }

    @Test
    void aCycleIsShownAndNothingElse() {
        Node before = node("before", "Relu", "x", "0");
        Node a = node("a", "Add", "0 3", "1");
        Node b = node("b", "Relu", "1", "2");
        Node c = node("c", "Relu", "2", "3");
        Node after = node("after", "Relu", "3", "4");
        assertThat(TopologicalOrder.of(List.of(before, after, a, b, c)))
                .isInstanceOfSatisfying(
                        TopologicalOrder.Cycle.class,
                        cycle -> assertThat(cycle.nodes()).containsExactlyInAnyOrder(a, b, c));
    }

    @Test
    void aLongChainIsSortedWithoutRecursion() {
        List<Node> chain = IntStream.range(0, 50_000)
                .mapToObj(i -> node("n" + i, "Relu", "v" + (i + 1), "v" + i))
                .toList();
        assertThat(TopologicalOrder.of(chain))
                .isInstanceOfSatisfying(
                        TopologicalOrder.Sorted.class,
                        sorted -> assertThat(sorted.nodes().getFirst().name()).isEqualTo("n49999"));
    }

    @Test
    void anEditReplacesNodesAndAddsConstants() {
        Node old = node("n1", "Softplus", "x", "a");
        Graph graph = graph(List.of("b"), old, node("n2", "Relu", "a", "b"));
        GraphEditor editor = new GraphEditor(graph);
        String bias = editor.constant("w", NdArray.of(new float[] {1}, 1));
        editor.replace(old, node("n1", "Add", "x " + bias, "a"));
        assertThat(lines(editor.finish())).isEqualTo("""
            graph g
              input x: f32[batch, 4]
              constant w: f32[4]
              constant w_2: f32[1]
              a = Add(x, w_2)  # n1
              b = Relu(a)  # n2
              output b\
            """);
    }

    @Test
    void removingANodeThatGivesAnOutputKeepsTheOutputsName() {
        Node identity = node("n2", "Identity", "a", "y");
        Graph graph = graph(List.of("y"), node("n1", "Relu", "x", "a"), identity, node("n3", "Relu", "a", "unused"));
        Graph edited =
                new GraphEditor(graph).remove(identity).redirect("y", "a").finish();
        assertThat(lines(edited)).isEqualTo("""
            graph g
              input x: f32[batch, 4]
              constant w: f32[4]
              y = Relu(x)  # n1
              unused = Relu(y)  # n3
              output y\
            """);
    }

    @Test
    void anOutputThatBecomesAnInputIsCopied() {
        Node identity = node("n1", "Identity", "x", "y");
        Graph edited = new GraphEditor(graph(List.of("y"), identity))
                .remove(identity)
                .redirect("y", "x")
                .finish();
        assertThat(edited.nodes()).extracting(Node::toString).containsExactly("y = Identity(x)  # y_identity");
    }

    @Test
    void anEditThatClosesACircleIsRefused() {
        Node relu = node("n1", "Relu", "x", "a");
        Graph graph = graph(List.of("b"), relu, node("n2", "Relu", "a", "b"));
        assertThatThrownBy(() -> new GraphEditor(graph)
                        .replace(relu, node("n1", "Relu", "b", "a"))
                        .finish())
                .hasMessageContaining("cycle");
    }

    @Test
    void dimensionsAreFixedByNameOrByInputs() {
        Graph graph = graph(List.of("y"), node("n", "Relu", "x", "y"));
        assertThat(DimensionBinding.symbols(graph)).containsExactly("batch");
        assertThat(DimensionBinding.bind(graph, Map.of("batch", 2), Map.of()).type("x"))
                .contains(TensorType.of(DType.F32, 2, 4));
        assertThat(DimensionBinding.bind(graph, Map.of(), Map.of("x", new int[] {3, 4}))
                        .type("x"))
                .contains(TensorType.of(DType.F32, 3, 4));
    }

    @Test
    void whatDoesNotFitTheInputsIsAnErrorThatSaysWhatDoes() {
        Graph graph = graph(List.of("y"), node("n", "Relu", "x", "y"));
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of(), Map.of("x", new int[] {3, 5})))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("axis 1 of input 'x', f32[batch, 4], is 4, and 5 is given");
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of(), Map.of("x", new int[] {3})))
                .hasMessage("input 'x' has rank 2, f32[batch, 4], and is given rank 1, [3]");
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of(), Map.of("z", new int[] {3})))
                .hasMessage("no input 'z'; there are x: f32[batch, 4]");
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of("n", 1), Map.of()))
                .hasMessageContaining("no dimension 'n'");
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of("batch", 2), Map.of("x", new int[] {3, 4})))
                .hasMessageContaining("dimension 'batch' is already 2");
        assertThatThrownBy(() -> DimensionBinding.bind(graph, Map.of(), Map.of()))
                .hasMessageContaining("open dimensions [batch] of x: f32[batch, 4]");
    }
}

package dev.woodpecker.runtime.onnx.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.MemoryLimitException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.SharedData;
import dev.woodpecker.runtime.UnsupportedModelException;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.ConformanceCase;
import dev.woodpecker.runtime.onnx.OnnxImporter;
import dev.woodpecker.runtime.onnx.OperatorSupport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HostOperatorsTest {

    private static final NdArray X = NdArray.of(new float[] {3, 1, 2, 1, 3, 0}, 2, 3);

    private static NdArray longs(long... values) {
        return NdArray.of(values, values.length);
    }

    private static List<NdArray> run(String operator, Map<String, Attribute> attributes, NdArray... inputs) {
        List<Operand> names = IntStream.range(0, inputs.length)
                .mapToObj(i -> Operand.of("i" + i))
                .toList();
        Node node = new Node("n", Operator.onnx(operator), names, List.of(Operand.of("o")), attributes, List.of());
        return HostOperators.find(node.operator())
                .orElseThrow()
                .run(new HostCall(node, Arrays.stream(inputs).map(Optional::of).toList()));
    }

    @Test
    void theListIsClosed() {
        assertThat(HostOperators.names())
                .containsExactly(
                        "BitCast",
                        "Cast",
                        "CastLike",
                        "Compress",
                        "ConstantOfShape",
                        "Det",
                        "Flatten",
                        "Identity",
                        "NonMaxSuppression",
                        "NonZero",
                        "Range",
                        "Reshape",
                        "ScatterElements",
                        "ScatterND",
                        "Shape",
                        "Size",
                        "Squeeze",
                        "TopK",
                        "Unique",
                        "Unsqueeze",
                        "dev.woodpecker::AlignAxis");
    }

    @Test
    void determinantsOfABatch() {
        NdArray x = NdArray.of(new float[] {0, 2, 3, 4, 1, 2, 2, 4, 1, 0, 0, 1}, 3, 2, 2);
        assertThat(run("Det", Map.of(), x).getFirst().toFloatArray()).containsExactly(-6, 0, 1);
        assertThatThrownBy(() -> run("Det", Map.of(), X)).hasMessageContaining("which is not square");
    }

    @Test
    void aReshapeIsAViewOfTheSameMemory() {
        Map<String, Attribute> copyZero = Map.of("allowzero", Attribute.of(0));
        NdArray view = run("Reshape", copyZero, X, longs(0, -1, 1)).getFirst();
        assertThat(view.shape()).containsExactly(2, 3, 1);
        assertThat(view.memory().address()).isEqualTo(X.memory().address());
        assertThatThrownBy(() -> run("Reshape", copyZero, X, longs(4, -1)))
                .isInstanceOf(OperatorException.class)
                .hasMessage("node 'n' (Reshape): [2, 3] as [4, -1]: 6 elements do not fit");
        assertThatThrownBy(() -> run("Reshape", copyZero, X, longs(-1, -1))).hasMessageContaining("-1 is there twice");
        assertThatThrownBy(() -> run("Reshape", copyZero, X, longs(6, 1, 0))).hasMessageContaining("0 at axis 2");
        NdArray none = NdArray.allocate(DType.F32, 0, 3);
        assertThat(run("Reshape", Map.of("allowzero", Attribute.of(1)), none, longs(3, 0))
                        .getFirst()
                        .shape())
                .containsExactly(3, 0);
    }

    @Test
    void axesOfViewsCountFromEitherEnd() {
        assertThat(run("Unsqueeze", Map.of(), X, longs(-1, 0)).getFirst().shape())
                .containsExactly(1, 2, 3, 1);
        assertThat(run("Flatten", Map.of("axis", Attribute.of(-1)), X)
                        .getFirst()
                        .shape())
                .containsExactly(2, 3);
        assertThat(run("Flatten", Map.of("axis", Attribute.of(0)), X).getFirst().shape())
                .containsExactly(1, 6);
        assertThat(run("Squeeze", Map.of(), X.reshape(1, 2, 1, 3)).getFirst().shape())
                .containsExactly(2, 3);
        assertThatThrownBy(() -> run("Squeeze", Map.of(), X, longs(0)))
                .hasMessageContaining("axis 0 of [2, 3] is not of extent 1");
        assertThatThrownBy(() -> run("Unsqueeze", Map.of(), X, longs(4)))
                .hasMessageContaining("axis 4 of a tensor of rank 3");
    }

    @Test
    void alignAxisPutsExtentsOf1Behind() {
        Node node = new Node(
                "n",
                new Operator(Operator.WOODPECKER, "AlignAxis"),
                List.of(Operand.of("b"), Operand.of("a")),
                List.of(Operand.of("o")),
                Map.of("axis", Attribute.of(1)),
                List.of());
        assertThat(ViewOperators.shape(node, List.of(new int[] {5}, new int[] {2, 5, 7, 7}), _ -> Optional.empty()))
                .containsExactly(5, 1, 1);
        assertThatThrownBy(() -> ViewOperators.shape(
                        node, List.of(new int[] {5, 7, 7, 7}, new int[] {2, 5, 7, 7}), _ -> Optional.empty()))
                .hasMessageContaining("does not fit at axis 1 of rank 4");
    }

    @Test
    void aShapeIsKnownWithoutAValue() {
        Node shape = new Node(
                "n",
                Operator.onnx("Shape"),
                List.of(Operand.of("x")),
                List.of(Operand.of("o")),
                Map.of("start", Attribute.of(-2), "end", Attribute.of(9)),
                List.of());
        assertThat(HostOperators.fromShape(shape, TensorType.of(DType.F32, 4, 5, 6)))
                .contains(longs(5, 6));
    }

    @Test
    void topKTakesTheEarlierOfEqualElements() {
        Map<String, Attribute> largest =
                Map.of("axis", Attribute.of(-1), "largest", Attribute.of(1), "sorted", Attribute.of(1));
        List<NdArray> top = run("TopK", largest, NdArray.of(new float[] {2, 7, 7, Float.NaN}, 4), longs(3));
        assertThat(top.get(0).toFloatArray()).containsExactly(Float.NaN, 7, 7);
        assertThat(top.get(1).toLongArray()).containsExactly(3, 1, 2);
        assertThatThrownBy(() -> run("TopK", largest, X, longs(4)))
                .hasMessageContaining("K is 4, and axis 1 has 3 elements");
    }

    @Test
    void uniqueKeepsFirstOccurrencesWhenNotSorted() {
        List<NdArray> unique = run("Unique", Map.of("sorted", Attribute.of(0)), X);
        assertThat(unique.get(0).toFloatArray()).containsExactly(3, 1, 2, 0);
        assertThat(unique.get(1).toLongArray()).containsExactly(0, 1, 2, 5);
        assertThat(unique.get(2).toLongArray()).containsExactly(0, 1, 2, 1, 0, 3);
        assertThat(unique.get(3).toLongArray()).containsExactly(2, 2, 1, 1);
    }

    @Test
    void aRangeOfATerabyteIsRefused() {
        assertThatThrownBy(() -> run("ConstantOfShape", Map.of(), longs(1 << 20, 1 << 18)))
                .isInstanceOf(MemoryLimitException.class);
        assertThatThrownBy(
                        () -> run("Range", Map.of(), NdArray.scalar(0L), NdArray.scalar(1L << 40), NdArray.scalar(1L)))
                .isInstanceOf(OperatorException.class);
        assertThatThrownBy(() -> run("Range", Map.of(), NdArray.scalar(0L), NdArray.scalar(1L), NdArray.scalar(0L)))
                .hasMessageContaining("a step of 0");
    }

    @Test
    void anIndexOutsideIsAnErrorThatNamesIt() {
        Map<String, Attribute> none = Map.of("reduction", Attribute.of("none"), "axis", Attribute.of(0));
        NdArray update = NdArray.of(new float[] {9}, 1, 1);
        assertThatThrownBy(() -> run("ScatterElements", none, X, NdArray.of(new long[] {2}, 1, 1), update))
                .isInstanceOf(OperatorException.class)
                .hasMessage("node 'n' (ScatterElements): index 2 outside axis 0 of [2, 3]");
    }

    /** ONNX's own tests whose operators are all on the list. */
    @Test
    void onnxTestsOfHostOperatorsPass() {
        OperatorSupport support = OperatorSupport.of(HostOperators.names());
        int passed = 0;
        List<String> failures = new ArrayList<>();
        for (ConformanceCase test : ConformanceCase.loadAll(SharedData.path("onnx/node"))) {
            try {
                Graph graph = OnnxImporter.read(test.model(), support);
                for (ConformanceCase.DataSet data : test.dataSets()) {
                    failures.addAll(differences(test.name(), graph, data));
                }
                passed++;
            } catch (UnsupportedModelException e) {
                assertThat(e.problems()).isNotEmpty();
            }
        }
        assertThat(failures).isEmpty();
        assertThat(passed).isGreaterThanOrEqualTo(90);
    }

    private static List<String> differences(String test, Graph graph, ConformanceCase.DataSet data) {
        Map<String, NdArray> values = new HashMap<>(graph.constants());
        values.putAll(data.inputs(graph.inputs()));
        for (Node node : graph.nodes()) {
            List<Optional<NdArray>> inputs = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                inputs.add(node.inputName(i).map(values::get));
            }
            List<NdArray> results =
                    HostOperators.find(node.operator()).orElseThrow().run(new HostCall(node, inputs));
            for (int i = 0; i < node.outputs().size(); i++) {
                NdArray result = results.get(i);
                node.outputName(i).ifPresent(name -> values.put(name, result));
            }
        }
        List<String> differences = new ArrayList<>();
        data.outputs(graph.outputs()).forEach((name, expected) -> {
            NdArray actual = Optional.ofNullable(values.get(name)).orElseThrow();
            Difference difference = Difference.between(actual, expected, Difference.Tolerance.ONNX);
            if (!difference.isAccepted()) {
                differences.add(test + " " + name + ": " + difference);
            }
        });
        return differences;
    }
}

package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.TestGraph;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Branches and loops whose course only the data says: the graph runs up to where it is known, and goes on from there. */
class ControlFlowRunTest {
    @TempDir
    Path directory;

    private static float[] run(Session session, String output, float... x) {
        NdArray result = session.run(Map.of("x", NdArray.of(x, x.length))).get(output);
        return Objects.requireNonNull(result).toFloatArray();
    }

    private static Attribute body(Graph graph) {
        return new Attribute.Subgraph(graph);
    }

    private static final OnnxModelBuilder SUM_IS_POSITIVE = new OnnxModelBuilder("branch", 17)
            .input("x", TensorType.of(DType.F32, 3))
            .initializer("zero", NdArray.scalar(0f))
            .node("ReduceSum", List.of("x"), "sum", Map.of("keepdims", Attribute.of(0L)))
            .node("Greater", List.of("sum", "zero"), "positive", Map.of())
            .node(
                    "If",
                    List.of("positive"),
                    "y",
                    Map.of(
                            "then_branch",
                            body(new TestGraph()
                                    .captured("x")
                                    .node("neg", "Neg", "x", "n")
                                    .outputs("n")),
                            "else_branch",
                            body(new TestGraph()
                                    .captured("x")
                                    .captured("sum")
                                    .node("add", "Add", "x sum", "a")
                                    .outputs("a"))))
            .output("y");

    @Test
    void eachRunTakesTheBranchOfItsData() {
        Path file = directory.resolve("branch.onnx");
        SUM_IS_POSITIVE.write(file);
        try (Model model = Model.load(file, Options.defaults().withThreads(1));
                Session session = model.newSession()) {
            for (int times = 0; times < 2; times++) {
                assertThat(run(session, "y", 1, 2, -1)).containsExactly(-1, -2, 1);
                assertThat(run(session, "y", 1, -2, -1)).containsExactly(-1, -4, -3);
            }
        }
    }

    /** Doubles until the sum is over 10, and keeps what was there before each doubling. */
    private static OnnxModelBuilder doubling() {
        Graph turn = new TestGraph()
                .input("i", DType.I64)
                .input("go", DType.BOOL)
                .input("v", DType.F32, 2)
                .constant("two", NdArray.scalar(2f))
                .constant("ten", NdArray.scalar(10f))
                .node("mul", "Mul", "v two", "w")
                .node("sum", "ReduceSum", "w", "s", "keepdims", 0)
                .node("less", "Less", "s ten", "goesOn")
                .node("before", "Identity", "v", "row")
                .outputs("goesOn", "w", "row");
        return new OnnxModelBuilder("loop", 17)
                .input("x", TensorType.of(DType.F32, 2))
                .initializer("most", NdArray.scalar(5L))
                .initializer("ten", NdArray.scalar(10f))
                .node("ReduceSum", List.of("x"), "sum", Map.of("keepdims", Attribute.of(0L)))
                .node("Less", List.of("sum", "ten"), "goes", Map.of())
                .node(new Node(
                        "loop",
                        Operator.onnx("Loop"),
                        List.of(Operand.of("most"), Operand.of("goes"), Operand.of("x")),
                        List.of(Operand.of("last"), Operand.of("rows")),
                        Map.of("body", body(turn)),
                        List.of()))
                .output("last")
                .output("rows");
    }

    @Test
    void aLoopEndsWhenItsDataSaysSoOrAfterTheMostTurns() {
        Path file = directory.resolve("loop.onnx");
        doubling().write(file);
        try (Model model = Model.load(file, Options.defaults().withThreads(1));
                Session session = model.newSession()) {
            assertThat(run(session, "last", 1, 2)).containsExactly(4, 8);
            assertThat(run(session, "rows", 1, 2)).containsExactly(1, 2, 2, 4);
            assertThat(run(session, "last", 4, 5)).containsExactly(8, 10);
            assertThat(run(session, "last", 0, 0.125f)).as("five turns").containsExactly(0, 4);
            assertThat(run(session, "rows", 0, 0.125f)).hasSize(10);
            assertThat(run(session, "last", 1, 2)).containsExactly(4, 8);
        }
    }
}

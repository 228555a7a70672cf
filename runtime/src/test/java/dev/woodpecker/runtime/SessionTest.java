package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {
    @TempDir
    Path directory;

    private static TensorType type(DType element, Dimension... dimensions) {
        return new TensorType(element, new Shape(List.of(dimensions)));
    }

    private static Dimension known(int extent) {
        return new Dimension.Known(extent);
    }

    private static Dimension open(String name) {
        return new Dimension.Symbolic(name);
    }

    /** The output {@code y} of a run. */
    private static NdArray y(Session session, Map<String, NdArray> inputs) {
        return Objects.requireNonNull(session.run(inputs).get("y"));
    }

    private Path file(OnnxModelBuilder builder) {
        Path file = directory.resolve(builder.graphName() + ".onnx");
        builder.write(file);
        return file;
    }

    /** y = relu(x + b), x: [rows, 3]. */
    private Path reluOfSum() {
        return file(new OnnxModelBuilder("relu_of_sum", 17)
                .input("x", type(DType.F32, open("rows"), known(3)))
                .initializer("b", NdArray.of(new float[] {1, -1, 0}, 3))
                .node("Add", List.of("x", "b"), "s", Map.of())
                .node("Relu", List.of("s"), "y", Map.of())
                .output("y"));
    }

    @Test
    void resultsAreNewArraysAndShapesMayDifferBetweenRuns() {
        try (Model model = Model.load(reluOfSum(), Options.defaults());
                Session session = model.newSession()) {
            session.startProfile();
            NdArray first = y(session, Map.of("x", NdArray.of(new float[] {1, 2, 3}, 1, 3)));
            NdArray second = y(session, Map.of("x", NdArray.of(new float[] {-5, 5, -5, 0, 0, 0}, 2, 3)));
            assertThat(first).isEqualTo(NdArray.of(new float[] {2, 1, 3}, 1, 3));
            assertThat(second).isEqualTo(NdArray.of(new float[] {0, 4, 0, 1, 0, 0}, 2, 3));
            assertThat(session.profile().kernels())
                    .extracting(Profile.Kernel::name)
                    .containsExactly("s+y", "s+y");
        }
    }

    @Test
    void memoryOfTheCallerIsReadAndWrittenInPlace() {
        try (Model model = Model.load(reluOfSum(), Options.defaults());
                Session session = model.newSession();
                Arena arena = Arena.ofConfined()) {
            NdArray x = NdArray.wrap(arena.allocate(12, 64), DType.F32, 1, 3);
            NdArray y = NdArray.wrap(arena.allocate(12, 64), DType.F32, 1, 3);
            x.set(2, 7.0);
            assertThat(session.run(Map.of("x", x), Map.of("y", y)).get("y")).isSameAs(y);
            assertThat(y.toFloatArray()).containsExactly(1, 0, 7);
        }
    }

    @Test
    void unalignedAndHeapMemoryIsCopied() {
        try (Model model = Model.load(reluOfSum(), Options.defaults());
                Session session = model.newSession();
                Arena arena = Arena.ofConfined()) {
            NdArray heap = NdArray.wrap(MemorySegment.ofArray(new float[] {1, 1, 1}), DType.F32, 1, 3);
            NdArray unaligned = NdArray.wrap(arena.allocate(64, 64).asSlice(4, 12), DType.F32, 1, 3);
            assertThat(session.run(Map.of("x", heap), Map.of("y", unaligned)).get("y"))
                    .isSameAs(unaligned);
            assertThat(unaligned.toFloatArray()).containsExactly(2, 0, 1);
        }
    }

    @Test
    void notANumberFlowsThrough() {
        try (Model model = Model.load(reluOfSum(), Options.defaults());
                Session session = model.newSession()) {
            NdArray y = y(session, Map.of("x", NdArray.of(new float[] {Float.NaN, 2, 3}, 1, 3)));
            assertThat(y.toFloatArray()).containsExactly(Float.NaN, 1, 3);
        }
    }

    @Test
    void inputsThatDoNotFitAreNamedTogetherWithWhatIsExpected() {
        try (Model model = Model.load(reluOfSum(), Options.defaults());
                Session session = model.newSession()) {
            assertThatThrownBy(() -> session.run(Map.of("z", NdArray.of(new float[3], 1, 3))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("there is no input 'z'")
                    .hasMessageContaining("input 'x' is missing")
                    .hasMessageContaining("Expected: 'x': f32[rows, 3]");
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.of(new int[3], 1, 3))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("'x' has elements of type f32, and is given i32");
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.of(new float[3], 3))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("rank 2")
                    .hasMessageContaining("Expected: 'x': f32[rows, 3]");
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.of(new float[4], 1, 4))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("axis 1 of input 'x'");
            assertThatThrownBy(() -> session.run(
                            Map.of("x", NdArray.of(new float[3], 1, 3)), Map.of("q", NdArray.of(new float[3], 1, 3))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("no output 'q'; there are [y]");
            assertThatThrownBy(() -> session.run(
                            Map.of("x", NdArray.of(new float[3], 1, 3)), Map.of("y", NdArray.of(new float[3], 3))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("output 'y' is f32[1, 3], and the array given for it f32[3]");
        }
    }

    @Test
    void sessionsRunAtTheSameTime() throws Exception {
        try (Model model = Model.load(reluOfSum(), Options.defaults().withThreads(2));
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int rows = 1 + i;
                tasks.add(() -> {
                    try (Session session = model.newSession()) {
                        boolean right = true;
                        for (int run = 0; run < 50; run++) {
                            NdArray x = NdArray.allocate(DType.F32, rows, 3);
                            x.set(3L * rows - 1, (double) run);
                            right &= y(session, Map.of("x", x)).getDouble(3L * rows - 1) == run;
                        }
                        return right;
                    }
                });
            }
            for (Future<Boolean> result : threads.invokeAll(tasks)) {
                assertThat(result.get()).isTrue();
            }
        }
    }

    /** Shapes that depend on elements: the model is run in parts, with Java in between. */
    @Test
    void aModelWhoseShapesDependOnElementsRunsInParts() {
        Path file = file(new OnnxModelBuilder("positions", 17)
                .input("x", type(DType.F32, known(5)))
                .node("Relu", List.of("x"), "r", Map.of())
                .node("NonZero", List.of("r"), "n", Map.of())
                .node("Cast", List.of("n"), "c", Map.of("to", new Attribute.ElementType(DType.F32)))
                .initializer("two", NdArray.scalar(2f))
                .node("Mul", List.of("c", "two"), "y", Map.of())
                .output("y")
                .output("r"));
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            var out = session.run(Map.of("x", NdArray.of(new float[] {-1, 3, 0, 5, 6}, 5)));
            assertThat(out.get("y")).isEqualTo(NdArray.of(new float[] {2, 6, 8}, 1, 3));
            assertThat(out.get("r")).isEqualTo(NdArray.of(new float[] {0, 3, 0, 5, 6}, 5));
            var again = session.run(Map.of("x", NdArray.of(new float[] {1, -1, -1, -1, -1}, 5)));
            assertThat(again.get("y")).isEqualTo(NdArray.of(new float[] {0}, 1, 1));
        }
    }

    @Test
    void anInputThatIsAShapeDecidesThePlan() {
        Path file = file(new OnnxModelBuilder("reshape", 17)
                .input("x", type(DType.F32, known(6)))
                .input("shape", type(DType.I64, known(2)))
                .node("Relu", List.of("x"), "r", Map.of())
                .node("Reshape", List.of("r", "shape"), "y", Map.of("allowzero", Attribute.of(0L)))
                .output("y"));
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            NdArray x = NdArray.of(new float[] {1, 2, 3, 4, 5, 6}, 6);
            for (long rows : new long[] {2, 3, 2}) {
                NdArray shape = NdArray.of(new long[] {rows, -1}, 2);
                assertThat(y(session, Map.of("x", x, "shape", shape)).shape())
                        .containsExactly((int) rows, (int) (6 / rows));
            }
        }
    }

    @Test
    void anIndexOutOfBoundsIsAnErrorThatNamesTheNode() {
        Path file = file(new OnnxModelBuilder("gather", 17)
                .input("i", type(DType.I64, known(2)))
                .initializer("table", NdArray.of(new float[] {10, 20, 30}, 3))
                .node("Gather", List.of("table", "i"), "y", Map.of("axis", Attribute.of(0L)))
                .output("y"));
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            assertThat(y(session, Map.of("i", NdArray.of(new long[] {2, -1}, 2))))
                    .isEqualTo(NdArray.of(new float[] {30, 30}, 2));
            assertThatThrownBy(() -> session.run(Map.of("i", NdArray.of(new long[] {0, 3}, 2))))
                    .isInstanceOf(OperatorException.class)
                    .hasMessageContaining("node 'y' (Gather)")
                    .hasMessageContaining("Gathering.java");
        }
    }

    @Test
    void aModelThatWantsATerabyteIsRefusedBeforeAnythingIsTaken() {
        Path file = file(new OnnxModelBuilder("terabyte", 17)
                .input("x", type(DType.F32, known(1), known(1)))
                .initializer("shape", NdArray.of(new long[] {500_000, 500_000}, 2))
                .node("Expand", List.of("x", "shape"), "e", Map.of())
                .node("Relu", List.of("e"), "y", Map.of())
                .output("y"));
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.of(new float[1], 1, 1))))
                    .isInstanceOf(MemoryLimitException.class)
                    .hasMessageContaining("931.3 GiB")
                    .hasMessageContaining("f32[500000, 500000]");
        }
    }

    @Test
    void aLimitOfTheUsersIsKept() {
        try (Model model = Model.load(reluOfSum(), Options.defaults().withMemoryLimit(1000));
                Session session = model.newSession()) {
            assertThat(session.run(Map.of("x", NdArray.of(new float[3], 1, 3)))).containsKey("y");
            assertThatThrownBy(() -> session.run(Map.of("x", NdArray.allocate(DType.F32, 100, 3))))
                    .isInstanceOf(MemoryLimitException.class)
                    .hasMessageContaining("the limit is 1000 bytes");
        }
    }

    @Test
    void outputsMayBeInputsConstantsAndViews() {
        Path file = file(new OnnxModelBuilder("passing", 17)
                .input("x", type(DType.F32, known(2), known(2)))
                .initializer("c", NdArray.of(new float[] {7, 8}, 2))
                .node("Identity", List.of("x"), "same", Map.of())
                .node("Identity", List.of("c"), "constant", Map.of())
                .node("Flatten", List.of("x"), "view", Map.of("axis", Attribute.of(0L)))
                .node("Relu", List.of("x"), "r", Map.of())
                .node("Flatten", List.of("r"), "flat", Map.of("axis", Attribute.of(0L)))
                .output("same")
                .output("constant")
                .output("view")
                .output("r")
                .output("flat"));
        try (Model model = Model.load(file, Options.defaults());
                Session session = model.newSession()) {
            NdArray x = NdArray.of(new float[] {1, -2, 3, -4}, 2, 2);
            Map<String, NdArray> out = session.run(Map.of("x", x));
            assertThat(out)
                    .containsEntry("same", x)
                    .containsEntry("constant", NdArray.of(new float[] {7, 8}, 2))
                    .containsEntry("view", x.reshape(1, 4))
                    .containsEntry("r", NdArray.of(new float[] {1, 0, 3, 0}, 2, 2))
                    .containsEntry("flat", NdArray.of(new float[] {1, 0, 3, 0}, 1, 4));
            assertThat(out.get("same")).isNotSameAs(x);
        }
    }

    @Test
    void closedThingsSaySo() {
        Model model = Model.load(reluOfSum(), Options.defaults());
        Session session = model.newSession();
        session.run(Map.of("x", NdArray.of(new float[3], 1, 3)));
        model.close();
        assertThatThrownBy(model::newSession).isInstanceOf(IllegalStateException.class);
        session.close();
        assertThatThrownBy(() -> session.run(Map.of("x", NdArray.of(new float[3], 1, 3))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}

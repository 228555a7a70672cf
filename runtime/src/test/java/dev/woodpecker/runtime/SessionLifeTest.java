package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that others wait for, that are called off, and models that come and go while sessions run. */
@Timeout(120)
class SessionLifeTest {
    @TempDir
    Path directory = Path.of("");

    private static TensorType rows(int columns) {
        return new TensorType(
                DType.F32, new Shape(List.of(new Dimension.Symbolic("rows"), new Dimension.Known(columns))));
    }

    /** y = relu(x + b), x: [rows, 3]. */
    private Model reluOfSum(float b, Options options) {
        Path file = directory.resolve("relu" + b + ".onnx");
        new OnnxModelBuilder("relu", 17)
                .input("x", rows(3))
                .initializer("b", NdArray.of(new float[] {b, b, b}, 3))
                .node("Add", List.of("x", "b"), "s", Map.of())
                .node("Relu", List.of("s"), "y", Map.of())
                .output("y")
                .write(file);
        return Model.load(file, options);
    }

    private Model reluOfSum(float b) {
        return reluOfSum(b, Options.defaults());
    }

    /** x, multiplied by a square matrix again and again: seconds of work for many rows. */
    private Model manyProducts() {
        int size = 256;
        OnnxModelBuilder builder = new OnnxModelBuilder("products", 17)
                .input("x", rows(size))
                .initializer("w", NdArray.allocate(DType.F32, size, size));
        String value = "x";
        for (int i = 0; i < 200; i++) {
            builder.node("MatMul", List.of(value, "w"), "v" + i, Map.of());
            value = "v" + i;
        }
        Path file = directory.resolve("products.onnx");
        builder.output(value).write(file);
        return Model.load(file, Options.defaults());
    }

    private static Map<String, NdArray> x(float... values) {
        return Map.of("x", NdArray.of(values, values.length / 3, 3));
    }

    private static NdArray y(Map<String, NdArray> outputs) {
        return Objects.requireNonNull(outputs.get("y"));
    }

    @Test
    void asynchronousRunsOfASessionFollowEachOther() throws Exception {
        try (Model model = reluOfSum(1);
                Session session = model.newSession()) {
            List<CompletableFuture<Map<String, NdArray>>> results = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                results.add(session.runAsync(x(i, i, -5)));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(y(results.get(i).get())).isEqualTo(NdArray.of(new float[] {i + 1, i + 1, 0}, 1, 3));
            }
        }
    }

    @Test
    void whatGoesWrongInAnAsynchronousRunIsInItsFutureAndTheNextRunGoesOn() throws Exception {
        try (Model model = reluOfSum(1);
                Session session = model.newSession()) {
            CompletableFuture<Map<String, NdArray>> wrong = session.runAsync(Map.of());
            CompletableFuture<Map<String, NdArray>> right = session.runAsync(x(1, 2, 3));
            assertThatThrownBy(wrong::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InvalidInputException.class);
            assertThat(y(right.get())).isEqualTo(NdArray.of(new float[] {2, 3, 4}, 1, 3));
        }
    }

    @Test
    void memoryOfOneThreadIsRefusedWhereAnotherIsToUseIt() {
        try (Model model = reluOfSum(1);
                Session session = model.newSession();
                Arena arena = Arena.ofConfined()) {
            NdArray confined = NdArray.wrap(arena.allocate(12, 64), DType.F32, 1, 3);
            assertThatThrownBy(() -> session.runAsync(Map.of("x", confined)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("'x' lies in memory of one thread alone")
                    .hasMessageContaining("Arena.ofShared()");
        }
    }

    @Test
    void cancellingTheFutureStopsTheRun() throws Exception {
        try (Model model = manyProducts();
                Session session = model.newSession()) {
            Map<String, NdArray> small = Map.of("x", NdArray.allocate(DType.F32, 1, 256));
            Map<String, NdArray> large = Map.of("x", NdArray.allocate(DType.F32, 1000, 256));
            session.run(small);
            session.run(large);
            long start = System.nanoTime();
            session.run(large);
            long whole = System.nanoTime() - start;
            start = System.nanoTime();
            CompletableFuture<Map<String, NdArray>> result = session.runAsync(large);
            Thread.sleep(whole / 20_000_000);
            assertThat(result.cancel(true)).isTrue();
            // The session is free for the next run as soon as the first has stopped.
            session.run(small);
            assertThat(System.nanoTime() - start).isLessThan(whole / 2);
        }
    }

    @Test
    void cancelStopsTheRunInProgressAndNoOther() throws Exception {
        try (Model model = manyProducts();
                Session session = model.newSession()) {
            session.cancel();
            AtomicReference<Throwable> thrown = new AtomicReference<>(new AssertionError("nothing was thrown"));
            Thread runner = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        session.run(Map.of("x", NdArray.allocate(DType.F32, 500, 256)));
                    }
                } catch (CancellationException e) {
                    thrown.set(e);
                }
            });
            while (runner.isAlive()) {
                session.cancel();
                runner.join(1);
            }
            assertThat(thrown.get()).hasMessage("the run was cancelled");
            assertThat(session.run(Map.of("x", NdArray.allocate(DType.F32, 1, 256))))
                    .hasSize(1);
        }
    }

    @Test
    void warmUpMakesWhatRunsOfAShapeNeed() {
        try (Model model = reluOfSum(1);
                Session session = model.newSession()) {
            assertThat(session.nativeBytes()).isZero();
            session.warmUp(Map.of("x", new int[] {1000, 3}));
            session.startProfile();
            session.run(Map.of("x", NdArray.allocate(DType.F32, 1000, 3)));
            assertThat(session.profile().runs()).isEqualTo(1);
            assertThatThrownBy(() -> session.warmUp(Map.of()))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("input 'x' is f32[rows, 3]: give its shape");
            assertThatThrownBy(() -> model.warmUp(Map.of("x", new int[] {1, 3}, "z", new int[] {1})))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("there is no input 'z'; there are [x]");
        }
    }

    @Test
    void nativeBytesAreWhatWeightsAndValuesBetweenKernelsTake() {
        try (Model model = manyProducts()) {
            Session session = model.newSession();
            long weight = 256 * 256 * 4;
            assertThat(model.nativeBytes()).isEqualTo(weight);
            session.warmUp(Map.of("x", new int[] {100, 256}));
            assertThat(model.nativeBytes()).isBetween(weight, 4 * weight);
            assertThat(session.nativeBytes()).isBetween(100L * 256 * 4, 10L * 100 * 256 * 4);
            session.close();
            assertThat(session.nativeBytes()).isZero();
        }
    }

    @Test
    void sessionsOfAClosedModelGoOnWithShapesThatTheyHaveNotSeen() {
        Model model = reluOfSum(1, Options.defaults().withThreads(2));
        try (Session session = model.newSession()) {
            model.close();
            assertThatThrownBy(model::newSession).isInstanceOf(IllegalStateException.class);
            assertThat(y(session.run(x(1, 2, 3, 4, 5, -6))))
                    .isEqualTo(NdArray.of(new float[] {2, 3, 4, 5, 6, 0}, 2, 3));
            assertThat(model.freed()).isNotDone();
        }
        assertThat(model.freed()).isDone();
    }

    @Test
    void aModelIsSwappedWhileSessionsRunAndFreedWithItsLast() throws Exception {
        Model first = reluOfSum(1);
        Model second = reluOfSum(2);
        try (SwappableModel serving = new SwappableModel(first)) {
            Session old = serving.newSession();
            CompletableFuture<Void> drained = serving.swap(second);
            assertThat(y(serving.run(x(0, 0, 0)))).isEqualTo(NdArray.of(new float[] {2, 2, 2}, 1, 3));
            assertThat(y(old.run(x(0, 0, 0)))).isEqualTo(NdArray.of(new float[] {1, 1, 1}, 1, 3));
            assertThat(drained).isNotDone();
            old.close();
            drained.get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> serving.swap(second)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(second.freed()).isDone();
        assertThatThrownBy(second::newSession).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sessionsAreAlwaysToBeHadWhileModelsAreSwapped() throws Exception {
        try (SwappableModel serving = new SwappableModel(reluOfSum(0))) {
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    float last = 0;
                    while (last < 10) {
                        float now = y(serving.run(x(0, 0, 0))).toFloatArray()[0];
                        assertThat(now).isGreaterThanOrEqualTo(last);
                        last = now;
                    }
                } catch (RuntimeException | AssertionError e) {
                    wrong.set(e);
                }
            });
            for (int b = 1; b <= 10; b++) {
                serving.swap(reluOfSum(b));
            }
            caller.join();
            assertThat(wrong.get()).isNull();
        }
    }

    @Test
    void anAsynchronousRunOfAClosedSessionSaysSo() {
        try (Model model = reluOfSum(1)) {
            Session session = model.newSession();
            session.close();
            assertThatThrownBy(session.runAsync(x(1, 2, 3))::join)
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("the session is closed");
        }
    }
}

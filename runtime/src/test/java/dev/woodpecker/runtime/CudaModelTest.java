package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole models by way of the device's layer, compared with the same on the processor: on the emulator, or with
 * {@code -Pgpu} on a GPU.
 */
class CudaModelTest {
    @TempDir
    private Path directory = Path.of("");

    private final DeviceUnderTest under = DeviceUnderTest.open();
    private final CudaDevice device = under.device();

    private Path file(OnnxModelBuilder builder) {
        Path file = directory.resolve(builder.graphName() + ".onnx");
        builder.write(file);
        return file;
    }

    /** Three runs, of which the last two are a graph's, equal those on the processor; then all is given back. */
    private void isTheSameOnBoth(Path file, Map<String, NdArray> first, Map<String, NdArray> second) {
        try (Model expected = Model.load(file, Options.defaults());
                Session onProcessor = expected.newSession();
                Model model = Model.load(file, Options.defaults(), Optional.of(device));
                Session session = model.newSession()) {
            for (Map<String, NdArray> inputs : List.of(first, second, first)) {
                Map<String, NdArray> wanted = onProcessor.run(inputs);
                Map<String, NdArray> outputs = session.run(inputs);
                wanted.forEach((name, array) -> isClose(array, Objects.requireNonNull(outputs.get(name))));
            }
        }
        under.assertNoLeaks();
    }

    private static void isClose(NdArray expected, NdArray actual) {
        assertThat(Difference.between(actual, expected, new Difference.Tolerance(1e-4, 1e-5))
                        .explanation())
                .isEmpty();
    }

    @Test
    void convolutionsAndPools() {
        Path file = file(new OnnxModelBuilder("cnn", 17)
                .input("x", TensorType.of(DType.F32, 2, 3, 12, 12))
                .initializer("w", RandomArrays.of(1, 8, 3, 3, 3))
                .initializer("b", RandomArrays.of(2, 8))
                .initializer("v", RandomArrays.of(3, 8, 8, 3, 3))
                .initializer("f", RandomArrays.of(4, 8, 5))
                .node("Conv", List.of("x", "w", "b"), "c", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("Relu", List.of("c"), "r", Map.of())
                .node("Conv", List.of("r", "v"), "d", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("Add", List.of("d", "r"), "s", Map.of())
                .node("GlobalAveragePool", List.of("s"), "g", Map.of())
                .node("Flatten", List.of("g"), "h", Map.of())
                .node("MatMul", List.of("h", "f"), "p", Map.of())
                .node("Softmax", List.of("p"), "y", Map.of())
                .output("y"));
        isTheSameOnBoth(
                file, Map.of("x", RandomArrays.of(5, 2, 3, 12, 12)), Map.of("x", RandomArrays.of(6, 2, 3, 12, 12)));
    }

    /** The rows that are taken are known on the host alone: what is before and behind it runs on the device. */
    @Test
    void hostOperatorsInTheMiddle() {
        Path file = file(new OnnxModelBuilder("host", 17)
                .input("x", TensorType.of(DType.F32, 4, 3))
                .initializer("w", RandomArrays.of(1, 3, 3))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "r", Map.of())
                .node("NonZero", List.of("r"), "n", Map.of())
                .node("Cast", List.of("n"), "f", Map.of("to", Attribute.of(1L)))
                .node("ReduceSum", List.of("f"), "y", Map.of())
                .output("y"));
        isTheSameOnBoth(file, Map.of("x", RandomArrays.of(2, 4, 3)), Map.of("x", RandomArrays.of(3, 4, 3)));
    }

    /** An index out of bounds is the run's error, not the device's. */
    @Test
    void checksOfKernelsNameTheNode() {
        Path file = file(new OnnxModelBuilder("gather", 17)
                .input("i", TensorType.of(DType.I64, 2))
                .initializer("w", RandomArrays.of(1, 5, 3))
                .node("Gather", List.of("w", "i"), "y", Map.of())
                .output("y"));
        try (Model model = Model.load(file, Options.defaults(), Optional.of(device));
                Session session = model.newSession()) {
            Map<String, NdArray> wrong = Map.of("i", NdArray.of(new long[] {1, 7}, 2));
            Map<String, NdArray> right = Map.of("i", NdArray.of(new long[] {1, -1}, 2));
            for (int run = 0; run < 3; run++) {
                assertThatThrownBy(() -> session.run(wrong))
                        .isInstanceOf(OperatorException.class)
                        .hasMessageContaining("(Gather)");
                assertThat(session.run(right)).containsKey("y");
            }
        }
    }

    @Test
    void arraysThatStayOnTheDevice() {
        Path file = file(new OnnxModelBuilder("chain", 17)
                .input("x", TensorType.of(DType.F32, 4, 4))
                .initializer("w", RandomArrays.of(1, 4, 4))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "y", Map.of())
                .output("y"));
        NdArray x = RandomArrays.of(2, 4, 4);
        try (Model expected = Model.load(file, Options.defaults());
                Session onProcessor = expected.newSession();
                Model model = Model.load(file, Options.defaults(), Optional.of(device));
                Session session = model.newSession();
                DeviceArray a = DeviceArray.allocate(model, DType.F32, 4, 4);
                DeviceArray b = DeviceArray.allocate(model, DType.F32, 4, 4)) {
            NdArray wanted = x;
            a.copyFrom(x);
            for (int step = 0; step < 4; step++) {
                wanted = Objects.requireNonNull(
                        onProcessor.run(Map.of("x", wanted)).get("y"));
                DeviceArray from = step % 2 == 0 ? a : b;
                DeviceArray to = step % 2 == 0 ? b : a;
                session.runOnDevice(Map.of("x", from), Map.of("y", to));
                isClose(wanted, to.toNdArray());
            }
        }
        under.assertNoLeaks();
    }

    /** Memory that another holds is missing while it does, and no longer. */
    @Test
    void aModelThatDoesNotFitSaysHowMuchIsMissingAndRunsWhenThereIsRoom() {
        Path file = file(new OnnxModelBuilder("large", 17)
                .input("x", TensorType.of(DType.F32, 1, 1024))
                .initializer("w", RandomArrays.of(1, 1024, 2048))
                .node("MatMul", List.of("x", "w"), "y", Map.of())
                .output("y"));
        CudaDriver driver = device.driver();
        long left = 4 << 20;
        DevicePointer held = driver.allocate(driver.memory().freeBytes() - left, "another program");
        try (Model model = Model.load(file, Options.defaults(), Optional.of(device));
                Session session = model.newSession()) {
            Map<String, NdArray> inputs = Map.of("x", RandomArrays.of(2, 1, 1024));
            assertThatThrownBy(() -> session.run(inputs))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("8.0 MB for a model's weights")
                    .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY");
            driver.free(held);
            session.warmUp(Map.of("x", new int[] {1, 1024}));
        }
        under.assertNoLeaks();
    }

    /** Each with a stream, a graph and memory of its own, at the same time. */
    @Test
    void severalSessionsOnOneDevice() throws Exception {
        Path file = file(new OnnxModelBuilder("shared", 17)
                .input("x", TensorType.of(DType.F32, 4, 4))
                .initializer("w", RandomArrays.of(1, 4, 4))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "y", Map.of())
                .output("y"));
        try (Model expected = Model.load(file, Options.defaults());
                Session onProcessor = expected.newSession();
                Model model = Model.load(file, Options.defaults(), Optional.of(device));
                ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 3; thread++) {
                NdArray x = RandomArrays.of(10 + thread, 4, 4);
                NdArray wanted =
                        Objects.requireNonNull(onProcessor.run(Map.of("x", x)).get("y"));
                running.add(threads.submit(() -> {
                    try (Session session = model.newSession()) {
                        for (int run = 0; run < 5; run++) {
                            isClose(
                                    wanted,
                                    Objects.requireNonNull(
                                            session.run(Map.of("x", x)).get("y")));
                        }
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        under.assertNoLeaks();
    }
}

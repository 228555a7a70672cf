package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.device.cuda.driver.CudaError;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.RecordingDriver;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a session on a GPU asks of the driver, in which order, and what it makes of its refusals. */
class CudaSessionTest {
    private static final NdArray X = NdArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    @TempDir
    private Path directory = Path.of("");

    private final RecordingDriver recording = new RecordingDriver(EmulatedDriver.facts(1 << 20));
    private final CudaDevice device =
            CudaDevice.ofText(recording.driver(), CacheDirectory.open(Environment.ofProcess()));

    /** y = relu(x w): one kernel. */
    private Model model() {
        Path file = directory.resolve("m.onnx");
        new OnnxModelBuilder("m", 17)
                .input("x", TensorType.of(DType.F32, 2, 3))
                .initializer("w", RandomArrays.of(1, 3, 4))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "y", Map.of())
                .output("y")
                .write(file);
        return Model.load(file, Options.defaults(), Optional.of(device));
    }

    @Test
    void theFirstRunLaunchesKernelsAndLaterOnesAGraph() {
        try (Model model = model();
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
            List<String> first = recording.takeCalls();
            assertThat(first)
                    .containsSubsequence(
                            "load",
                            "function",
                            "allocate",
                            "copy",
                            "synchronize",
                            "createStream",
                            "allocatePinned",
                            "copy",
                            "fill",
                            "launch matmul_relu",
                            "copy",
                            "synchronize")
                    .doesNotContain("beginCapture");
            session.run(Map.of("x", X));
            assertThat(recording.takeCalls())
                    .containsExactly(
                            "copy",
                            "beginCapture",
                            "fill",
                            "launch matmul_relu",
                            "endCapture",
                            "kernelNodes",
                            "instantiate",
                            "launch",
                            "copy",
                            "synchronize");
            session.run(Map.of("x", X));
            assertThat(recording.takeCalls()).containsExactly("copy", "launch", "copy", "synchronize");
        }
    }

    @Test
    void arraysOnTheDeviceChangeTheGraphsArgumentsAndNothingElse() {
        try (Model model = model();
                Session session = model.newSession();
                DeviceArray x = DeviceArray.allocate(model, DType.F32, 2, 3);
                DeviceArray y = DeviceArray.allocate(model, DType.F32, 2, 4)) {
            session.run(Map.of("x", X));
            session.run(Map.of("x", X));
            recording.takeCalls();
            session.runOnDevice(Map.of("x", x), Map.of("y", y));
            assertThat(recording.takeCalls()).containsExactly("update", "launch", "synchronize");
            session.runOnDevice(Map.of("x", x), Map.of("y", y));
            assertThat(recording.takeCalls()).containsExactly("launch", "synchronize");
            session.run(Map.of("x", X));
            assertThat(recording.takeCalls()).containsExactly("copy", "update", "launch", "copy", "synchronize");
            assertThatThrownBy(() -> session.runOnDevice(Map.of("x", x), Map.of("y", x)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("'y' is f32[2, 4], and the array given for it f32[2, 3]");
        }
    }

    @Test
    void allIsGivenBack() {
        try (Model model = model()) {
            try (Session session = model.newSession();
                    Session other = model.newSession()) {
                session.run(Map.of("x", X));
                session.run(Map.of("x", X));
                other.run(Map.of("x", X));
                session.startProfile();
                session.run(Map.of("x", X));
            }
            assertThat(recording.live().values())
                    .as("code and weights stay with the model")
                    .containsExactlyInAnyOrder("module", "memory for a model's weights");
        }
        assertThat(recording.live()).isEmpty();
    }

    @Test
    void timesOfKernelsAreThoseOfTheDevice() {
        recording.eventsApart(2e-3);
        try (Model model = model();
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
            session.startProfile();
            session.run(Map.of("x", X));
            assertThat(session.profile().kernels())
                    .singleElement()
                    .satisfies(kernel -> assertThat(kernel.medianSeconds()).isEqualTo(2e-3));
        }
    }

    @Test
    void aDamagedDeviceIsToldOfAtOnceAndNothingIsAskedOfItAgain() {
        try (Model model = model()) {
            try (Session session = model.newSession();
                    Session other = model.newSession()) {
                session.run(Map.of("x", X));
                recording.fail("synchronize", CudaException.of("cuStreamSynchronize", CudaError.ILLEGAL_ADDRESS));
                assertThatThrownBy(() -> session.run(Map.of("x", X)))
                        .isInstanceOf(CudaException.class)
                        .hasMessage("cuStreamSynchronize failed: CUDA_ERROR_ILLEGAL_ADDRESS (700);"
                                + " this process can use the device no more, start another");
                recording.succeed();
                recording.takeCalls();
                assertThatThrownBy(() -> other.run(Map.of("x", X)))
                        .isInstanceOf(CudaException.class)
                        .hasMessageContaining("an earlier kernel of this process damaged the device's context")
                        .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS (700)");
            }
        }
        assertThat(recording.takeCalls()).isEmpty();
    }

    @Test
    void memoryThatIsNotThereIsToldOfWithItsSize() {
        recording.fail(
                "allocatePinned",
                CudaException.of("cuMemHostRegister of 512 bytes for copies", CudaError.OUT_OF_MEMORY));
        try (Model model = model();
                Session session = model.newSession()) {
            assertThatThrownBy(() -> session.run(Map.of("x", X)))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("512 bytes")
                    .hasMessageContaining("free GPU memory that other sessions or processes hold");
            assertThat(recording.live().values())
                    .as("what the run had already")
                    .containsExactlyInAnyOrder("module", "memory for a model's weights");
            recording.succeed();
            assertThat(session.run(Map.of("x", X))).containsKey("y");
        }
    }

    @Test
    void aKernelThatCannotBeCapturedLeavesNoStreamBehindThatCaptures() {
        try (Model model = model();
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
            recording.fail("launch", CudaException.of("cuLaunchKernel of matmul", CudaError.INVALID_VALUE));
            assertThatThrownBy(() -> session.run(Map.of("x", X))).isInstanceOf(CudaException.class);
            assertThat(recording.takeCalls()).containsSubsequence("beginCapture", "launch matmul_relu", "endCapture");
            recording.succeed();
            assertThat(session.run(Map.of("x", X))).containsKey("y");
        }
        assertThat(recording.live()).isEmpty();
    }
}

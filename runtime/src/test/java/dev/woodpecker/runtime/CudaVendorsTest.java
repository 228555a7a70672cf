package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.RecordingDriver;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import dev.woodpecker.runtime.vendor.cuda.FakeVendor;
import dev.woodpecker.runtime.vendor.cuda.VendorCallException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which kernels of a model on a GPU a library computes, seen by the calls of the driver. */
class CudaVendorsTest {
    private static final NdArray X = NdArray.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    /** Of a library's call, where the generated kernel has one. */
    private static final int FASTER = 0;

    private static final int SLOWER = 2;

    @TempDir
    private Path directory = Path.of("");

    private final RecordingDriver recording = new RecordingDriver(EmulatedDriver.facts(1 << 20));

    /** y = relu(x w): one kernel, and one for each library. */
    private Model model(FakeVendor vendor, Options options) {
        Path file = directory.resolve("m.onnx");
        layer().output("y").write(file);
        return load(file, vendor, options);
    }

    private static OnnxModelBuilder layer() {
        return new OnnxModelBuilder("m", 17)
                .input("x", TensorType.of(DType.F32, 2, 3))
                .initializer("w", RandomArrays.of(1, 3, 6))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "y", Map.of());
    }

    private Model load(Path file, FakeVendor vendor, Options options) {
        CudaDevice device = CudaDevice.ofText(recording.driver(), CacheDirectory.open(Environment.ofProcess()))
                .with(vendor);
        return Model.load(file, options, Optional.of(device));
    }

    private FakeVendor vendor(int launches) {
        return new FakeVendor(recording.driver(), launches);
    }

    private static Options vendors(Vendors vendors) {
        return Options.defaults().withVendors(vendors);
    }

    @ParameterizedTest
    @CsvSource({"AUTO, 0, true", "AUTO, 2, false", "ONLY, 2, true"})
    void theFasterIsTakenOrTheLibraryInAnyCase(Vendors vendors, int launches, boolean isTaken) {
        FakeVendor fake = vendor(launches);
        try (Model model = model(fake, vendors(vendors));
                Session session = model.newSession()) {
            session.warmUp(Map.of("x", new int[] {2, 3}));
            recording.takeCalls();
            fake.enqueued().clear();
            session.run(Map.of("x", X));
            assertThat(recording.takeCalls().contains("launch matmul_relu")).isEqualTo(!isTaken);
            assertThat(fake.enqueued()).hasSize(isTaken ? 1 : 0);
            assertThat(fake.open()).isEqualTo(isTaken ? 1 : 0);
        }
        assertThat(fake.open()).isZero();
        assertThat(recording.live()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Vendors.class,
            names = {"NONE", "RECORDED"})
    void aLibraryThatWasNotAskedForIsNotLookedAt(Vendors vendors) {
        FakeVendor fake = vendor(FASTER);
        try (Model model = model(fake, vendors(vendors));
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
        }
        assertThat(fake.asked()).isEmpty();
    }

    /** The nodes of a library's call are not known: its arguments are changed by capturing anew. */
    @Test
    void arraysOnTheDeviceMakeAGraphWithALibrarysCallAnew() {
        FakeVendor fake = vendor(SLOWER);
        try (Model model = model(fake, vendors(Vendors.ONLY));
                Session session = model.newSession();
                DeviceArray x = DeviceArray.allocate(model, DType.F32, 2, 3);
                DeviceArray y = DeviceArray.allocate(model, DType.F32, 2, 6)) {
            session.run(Map.of("x", X));
            session.run(Map.of("x", X));
            recording.takeCalls();
            session.runOnDevice(Map.of("x", x), Map.of("y", y));
            assertThat(recording.takeCalls())
                    .containsExactly(
                            "beginCapture",
                            "fill",
                            "launch fake",
                            "launch fake",
                            "endCapture",
                            "instantiate",
                            "destroy",
                            "destroy",
                            "launch",
                            "synchronize");
            session.runOnDevice(Map.of("x", x), Map.of("y", y));
            assertThat(recording.takeCalls()).containsExactly("launch", "synchronize");
        }
        assertThat(recording.live()).isEmpty();
    }

    @Test
    void aCallThatIsRefusedWhenTimedIsLeftOut() {
        FakeVendor fake = vendor(FASTER);
        fake.refuse(true);
        try (Model model = model(fake, vendors(Vendors.ONLY));
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
            assertThat(recording.takeCalls()).contains("launch matmul_relu");
        }
        assertThat(fake.open()).isZero();
        assertThat(recording.live()).isEmpty();
    }

    @Test
    void aCallThatIsRefusedWhenChosenIsAnError() {
        FakeVendor fake = vendor(FASTER);
        try (Model model = model(fake, vendors(Vendors.AUTO));
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
            fake.refuse(true);
            assertThatThrownBy(() -> session.run(Map.of("x", X)))
                    .isInstanceOf(VendorCallException.class)
                    .hasMessage("fakeRun gives FAKE_NOT_SUPPORTED (7)");
            fake.refuse(false);
            assertThat(session.run(Map.of("x", X))).containsKey("y");
        }
    }

    /** Under fp16 the last product's result is of 32 bits, which is none of the library's. */
    @ParameterizedTest
    @CsvSource({"FP32, Product FP32, 2", "TF32, Product TF32, 2", "FP16, Product FP16, 1", "BF16, Product BF16, 1"})
    void aLibraryComputesInTheModelsNumerics(Numerics numerics, String asked, int times) {
        FakeVendor fake = vendor(FASTER);
        Path file = directory.resolve("two.onnx");
        layer().initializer("v", RandomArrays.of(2, 6, 5))
                .node("MatMul", List.of("y", "v"), "z", Map.of())
                .output("z")
                .write(file);
        try (Model model = load(file, fake, vendors(Vendors.AUTO).withNumerics(numerics));
                Session session = model.newSession()) {
            session.run(Map.of("x", X));
        }
        assertThat(fake.asked()).hasSize(times).containsOnly(asked);
    }

    /** On the emulator, where there is memory. */
    @Test
    void aWayThatGivesSomethingElseIsLeftOutHoweverFastItIs() {
        DeviceUnderTest under = DeviceUnderTest.open();
        assumeTrue(under.emulated().isPresent(), "SKIPPED: on a GPU the driver is asked for more than a fill");
        Path file = directory.resolve("m.onnx");
        layer().output("y").write(file);
        DeviceVendor zeros = (kernel, _) -> List.of(new DeviceVendor.Call() {
            @Override
            public String name() {
                return "zeros";
            }

            @Override
            public long workspaceBytes() {
                return 0;
            }

            @Override
            public void enqueue(List<Long> buffers, long workspace, long stream) {
                under.device()
                        .driver()
                        .fill(
                                new DevicePointer(buffers.getLast()),
                                (byte) 0,
                                kernel.result().bytes(),
                                new Stream(stream));
            }

            @Override
            public void close() {}
        });
        try (Model model = Model.load(
                        file, vendors(Vendors.ONLY), Optional.of(under.device().with(zeros)));
                Session session = model.newSession()) {
            NdArray y = Objects.requireNonNull(session.run(Map.of("x", X)).get("y"));
            assertThat(y.toFloatArray()).isNotEqualTo(new float[12]);
        }
        under.assertNoLeaks();
    }

    @Test
    void oneDnnIsForProcessors() {
        assertThatThrownBy(() -> Model.load(
                        directory.resolve("none.onnx"), vendors(Vendors.ONEDNN).withTarget("cuda")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("oneDNN is for processors, and the target is cuda; choose the vendors auto, for cuDNN and"
                        + " cuBLASLt");
    }
}

package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.vendor.cuda.FakeVendor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plan files with code for a GPU: texts here, which the emulator loads as a device loads cubins. */
class CudaPlanFileTest {
    @TempDir
    private Path directory = Path.of("");

    private Path model() {
        Path file = directory.resolve("m.onnx");
        new OnnxModelBuilder("m", 17)
                .input("x", TensorType.of(DType.F32, 4, 8))
                .initializer("w", RandomArrays.of(1, 8, 8))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("Relu", List.of("p"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void codeAndWeightsComeFromTheFileWithNoCompilerOnTheMachine() {
        DeviceUnderTest under = DeviceUnderTest.open();
        Path file = directory.resolve("m.wpk");
        Options fp16 = Options.defaults().withNumerics(Numerics.FP16);
        PlanBuild.Built built = PlanBuild.of(model(), fp16)
                .forTargets("cuda:sm_80")
                .write(file, _ -> under.device().code());
        assertThat(built.targets()).containsExactly("cuda:sm_80");
        NdArray x = RandomArrays.of(2, 4, 8);
        Options there = fp16.withCompiler("/no/such/compiler")
                .withCacheDirectory(directory.resolve("empty"))
                .trustPlan(built.digest());
        try (Model expected = Model.load(model(), Options.defaults());
                Session onProcessor = expected.newSession();
                Model stored = Model.ofPlanFile(file, there, Optional.of(under.device()));
                Session session = stored.newSession()) {
            NdArray wanted =
                    Objects.requireNonNull(onProcessor.run(Map.of("x", x)).get("y"));
            for (int run = 0; run < 2; run++) {
                NdArray y = Objects.requireNonNull(session.run(Map.of("x", x)).get("y"));
                assertThat(Difference.between(y, wanted, new Difference.Tolerance(2e-3, 2e-3))
                                .explanation())
                        .isEmpty();
            }
        }
        under.assertNoLeaks();
        assertThatThrownBy(() -> Model.load(file, there.withNumerics(Numerics.FP32)))
                .isInstanceOf(PlanFileException.class)
                .hasMessageContaining("it has kernels for cuda:sm_80; this processor is cpu:");
    }

    /** The product between others has inputs and a result of the numerics' type. */
    private Path layers() {
        Path file = directory.resolve("layers.onnx");
        new OnnxModelBuilder("m", 17)
                .input("x", TensorType.of(DType.F32, 4, 8))
                .initializer("w", RandomArrays.of(1, 8, 8))
                .node("MatMul", List.of("x", "w"), "p", Map.of())
                .node("MatMul", List.of("p", "w"), "q", Map.of())
                .node("MatMul", List.of("q", "w"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void whatLibrariesMayComputeIsSeenWhereThePlanIsLoaded() {
        DeviceUnderTest under = DeviceUnderTest.open();
        Path file = directory.resolve("m.wpk");
        Options fp16 = Options.defaults().withNumerics(Numerics.FP16).withVendors(Vendors.ONLY);
        PlanBuild.Built built = PlanBuild.of(layers(), fp16)
                .forTargets("cuda:sm_80")
                .write(file, _ -> under.device().code());
        Options there = fp16.trustPlan(built.digest());
        FakeVendor library = new FakeVendor(under.device().driver(), 0);
        NdArray x = RandomArrays.of(2, 4, 8);
        try (Model stored =
                        Model.ofPlanFile(file, there, Optional.of(under.device().with(library)));
                Session session = stored.newSession()) {
            session.run(Map.of("x", x));
        }
        assertThat(library.asked()).contains("Product FP16");
        assertThat(library.enqueued()).isNotEmpty();
        assertThat(library.open()).isZero();
        // Where there is no library the generated kernels, which the file has as well, compute all.
        try (Model expected = Model.load(layers(), Options.defaults());
                Session onProcessor = expected.newSession();
                Model stored = Model.ofPlanFile(file, there, Optional.of(under.device()));
                Session session = stored.newSession()) {
            NdArray wanted =
                    Objects.requireNonNull(onProcessor.run(Map.of("x", x)).get("y"));
            NdArray y = Objects.requireNonNull(session.run(Map.of("x", x)).get("y"));
            assertThat(Difference.between(y, wanted, new Difference.Tolerance(2e-3, 2e-3))
                            .explanation())
                    .isEmpty();
        }
        under.assertNoLeaks();
    }

    @Test
    void theEmulatorHasNoUseForMachineCode() {
        Path file = directory.resolve("m.wpk");
        DeviceUnderTest under = DeviceUnderTest.open();
        PlanBuild.of(model(), Options.defaults())
                .forTargets("cuda:sm_80")
                .write(file, _ -> under.device().code());
        assertThatThrownBy(() -> Model.load(file, Options.defaults().withTarget("cuda:emulated")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("load the ONNX model");
    }

    @Test
    void numericsOfAGpuAreRefusedForAProcessor() {
        PlanBuild build = PlanBuild.of(model(), Options.defaults().withNumerics(Numerics.TF32))
                .forTargets("cuda:sm_80", "x86-64-v3");
        assertThatThrownBy(() -> build.write(directory.resolve("m.wpk")))
                .isInstanceOf(PlanFileException.class)
                .hasMessageContaining("numerics tf32 are for GPUs alone");
    }
}

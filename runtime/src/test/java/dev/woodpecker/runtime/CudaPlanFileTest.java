package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
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

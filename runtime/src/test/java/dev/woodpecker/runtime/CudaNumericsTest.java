package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models in the numerics of a GPU, compared with single precision on the processor. */
class CudaNumericsTest {
    @TempDir
    private Path directory = Path.of("");

    /** A first layer of one channel, whose reduction is not zero beyond its end, and a last one with all of them. */
    private Path file() {
        Path file = directory.resolve("cnn.onnx");
        new OnnxModelBuilder("cnn", 17)
                .input("x", TensorType.of(DType.F32, 1, 1, 6, 6))
                .initializer("u", thirds(1, 8, 1, 3, 3))
                .initializer("v", thirds(2, 8, 8, 3, 3))
                .node("Conv", List.of("x", "u"), "c", Map.of())
                .node("Relu", List.of("c"), "r", Map.of())
                .node("Conv", List.of("r", "v"), "y", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .output("y")
                .write(file);
        return file;
    }

    /** Numbers that neither tf32 nor 16 bits hold. */
    private static NdArray thirds(long seed, int... shape) {
        NdArray array = RandomArrays.of(seed, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, array.getDouble(i) / 3);
        }
        return array;
    }

    /**
     * Factors are rounded by 2^-11, inputs and weights; 16 bits once more at each of two values. Of bf16 only the unit
     * differs, by the same pass and rules.
     */
    @ParameterizedTest
    @CsvSource({"TF32, 2e-3", "FP16, 2e-3"})
    void resultsAreThoseOfSinglePrecisionButForRounding(Numerics numerics, double tolerance) {
        DeviceUnderTest under = DeviceUnderTest.open();
        Map<String, NdArray> inputs = Map.of("x", thirds(5, 1, 1, 6, 6));
        Path file = file();
        Options options = Options.defaults().withNumerics(numerics);
        try (Model expected = Model.load(file, Options.defaults());
                Session onProcessor = expected.newSession();
                Model model = Model.load(file, options, Optional.of(under.device()));
                Session session = model.newSession()) {
            NdArray wanted = Objects.requireNonNull(onProcessor.run(inputs).get("y"));
            for (int run = 0; run < 2; run++) {
                NdArray y = Objects.requireNonNull(session.run(inputs).get("y"));
                assertThat(y.type()).isEqualTo(DType.F32);
                assertThat(relative(y.toFloatArray(), wanted.toFloatArray()))
                        .as("as far as rounding takes it, and no less")
                        .isBetween(1e-5, tolerance);
            }
        }
        under.assertNoLeaks();
    }

    private static double relative(float[] actual, float[] expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(actual[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / norm);
    }

    @ParameterizedTest
    @CsvSource({"TF32, tf32", "FP16, fp16", "BF16, bf16"})
    void aProcessorHasNoneOfThem(Numerics numerics, String name) {
        assertThatThrownBy(() -> Model.load(file(), Options.defaults().withNumerics(numerics)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "numerics " + name + " are for a GPU, and the target is the processor; choose a target, cuda,");
    }

    @Test
    void modelsOf8BitsSaySoThemselves() {
        assertThatThrownBy(() -> Options.defaults().withNumerics(Numerics.INT8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed: strict, fp32, and on a GPU tf32, fp16, bf16");
    }

    @Test
    void whatIsTunedForAGpuIsWhatRunsThere() {
        TunableModel model =
                TunableModel.of(file(), Options.defaults().withNumerics(Numerics.FP16), Target.parse("cuda:sm_90a"));
        assertThat(model.target().name()).isEqualTo("cuda:sm_90a");
        assertThat(model.kernels())
                .filteredOn(kernel -> kernel.operator().equals("Conv"))
                .hasSize(2)
                .allSatisfy(kernel -> assertThat(kernel.first().program().inputs())
                        .allSatisfy(input -> assertThat(input.type()).isEqualTo(DType.F16)));
    }
}

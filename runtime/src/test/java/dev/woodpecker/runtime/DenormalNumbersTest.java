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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers below the normal ones are zeros to kernels, so that they cost no time; under {@code strict} they are numbers. */
class DenormalNumbersTest {
    private static final float LEAST = Float.MIN_NORMAL;

    @TempDir
    private Path directory;

    /** Java's arithmetic is as it was, on the thread that ran the kernels. In bits: else denormals might equal zeros. */
    @AfterEach
    void javaKeepsItsDenormals() {
        float[] values = {LEAST, Float.MIN_VALUE};
        assertThat(Float.floatToRawIntBits(values[0] * 0.25f)).isEqualTo(1 << 21);
        assertThat(Float.floatToRawIntBits(values[1] * 3)).isEqualTo(3);
    }

    /** y = x[at] * 0.5, of 20 elements, so that some are computed in whole vectors and some are not. */
    private Model halves(Numerics numerics) {
        Path file = directory.resolve("halves.onnx");
        new OnnxModelBuilder("halves", 17)
                .input("x", TensorType.of(DType.F32, 20))
                .input("at", TensorType.of(DType.I32, 20))
                .initializer("half", NdArray.of(new float[] {0.5f}, 1))
                .node("Gather", List.of("x", "at"), "taken", Map.of())
                .node("Mul", List.of("taken", "half"), "y", Map.of())
                .output("y")
                .write(file);
        return Model.load(file, Options.defaults().withNumerics(numerics));
    }

    private static float[] run(Model model, float first, float second, int at) {
        float[] x = new float[20];
        int[] places = new int[20];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 2 == 0 ? first : second;
            places[i] = i;
        }
        places[19] = at;
        try (Session session = model.newSession()) {
            return Objects.requireNonNull(session.run(Map.of("x", NdArray.of(x, 20), "at", NdArray.of(places, 20)))
                            .get("y"))
                    .toFloatArray();
        }
    }

    @Test
    void areZerosAsOperandsAndAsResults() {
        try (Model model = halves(Numerics.FP32)) {
            assertThat(run(model, LEAST, 2 * LEAST, 19))
                    .startsWith(0, LEAST, 0, LEAST)
                    .endsWith(0, LEAST);
            assertThat(run(model, 0x1.8p-127f, -LEAST, 19)).containsOnly(0f, -0f);
        }
    }

    @Test
    void areNumbersUnderStrictNumerics() {
        try (Model model = halves(Numerics.STRICT)) {
            assertThat(run(model, LEAST, 3 * Float.MIN_VALUE, 19))
                    .startsWith(LEAST / 2, 2 * Float.MIN_VALUE)
                    .endsWith(LEAST / 2, 2 * Float.MIN_VALUE);
        }
    }

    @Test
    void aKernelThatFailsGivesBackJavasArithmeticToo() {
        try (Model model = halves(Numerics.FP32)) {
            assertThatThrownBy(() -> run(model, LEAST, LEAST, 20)).isInstanceOf(OperatorException.class);
        }
    }
}

package dev.woodpecker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose values lie in each other's memory, run natively. */
class SharedMemoryTest {
    private static final int CHANNELS = 16;
    private static final int MAP = 16;

    @TempDir
    Path directory;

    /** j = a beside n, k = j beside a, and of k the last half of n and the first of a. */
    private Path joinsAndCuts() {
        Path file = directory.resolve("joins.onnx");
        new OnnxModelBuilder("joins", 17)
                .input("x", TensorType.of(DType.F32, 1, CHANNELS, 4, 4))
                .initializer("start", NdArray.of(new long[] {24}, 1))
                .initializer("end", NdArray.of(new long[] {40}, 1))
                .initializer("axis", NdArray.of(new long[] {1}, 1))
                .node("Relu", List.of("x"), "a", Map.of())
                .node("Neg", List.of("x"), "n", Map.of())
                .node("Concat", List.of("a", "n"), "j", Map.of("axis", Attribute.of(1L)))
                .node("Concat", List.of("j", "a"), "k", Map.of("axis", Attribute.of(1L)))
                .node("Slice", List.of("k", "start", "end", "axis"), "s", Map.of())
                .node("GlobalMaxPool", List.of("s"), "y", Map.of())
                .output("y")
                .write(file);
        return file;
    }

    @Test
    void joinsAndCutsWithoutCopiesComputeTheSame() {
        SplittableRandom random = new SplittableRandom(5);
        try (Model model = Model.load(joinsAndCuts(), Options.defaults().withThreads(2));
                Session session = model.newSession()) {
            session.startProfile();
            for (int run = 0; run < 3; run++) {
                float[] x = new float[CHANNELS * MAP];
                for (int i = 0; i < x.length; i++) {
                    x[i] = (float) random.nextDouble(-1, 1);
                }
                NdArray y = session.run(Map.of("x", NdArray.of(x, 1, CHANNELS, 4, 4)))
                        .get("y");
                assertThat(Objects.requireNonNull(y).toFloatArray()).containsExactly(expected(x));
            }
            assertThat(session.profile().kernels())
                    .extracting(Profile.Kernel::operator)
                    .as("one copy, of what is joined twice")
                    .containsExactlyInAnyOrder("Relu", "Neg", "Copy", "GlobalMaxPool");
        }
    }

    private static float[] expected(float[] x) {
        float[] y = new float[CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            y[c] = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < MAP; i++) {
                float element = c < 8 ? -x[(c + 8) * MAP + i] : Math.max(x[(c - 8) * MAP + i], 0);
                y[c] = Math.max(y[c], element);
            }
        }
        return y;
    }
}

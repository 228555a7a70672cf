package dev.woodpecker.cli.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.cli.compare.OnnxRuntimePeer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SoakTest {
    private static final long SEED = 11;

    @TempDir
    private Path directory = Path.of("");

    private static NdArray random(Random random, int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextGaussian());
        }
        return array;
    }

    /** A small classifier; its values between kernels take 64 KiB, so that a leak of some sessions' would be seen. */
    private Model classifier(Random random) {
        Path file = directory.resolve("classifier.onnx");
        new OnnxModelBuilder("classifier", 17)
                .input("x", TensorType.of(DType.F32, 1, 3, 16, 16))
                .initializer("w", random(random, 32, 3, 3, 3))
                .initializer("v", random(random, 32, 32, 3, 3))
                .node("Conv", List.of("x", "w"), "a", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("Relu", List.of("a"), "b", Map.of())
                .node("Conv", List.of("b", "v"), "c", Map.of("pads", Attribute.of(1L, 1L, 1L, 1L)))
                .node("GlobalAveragePool", List.of("c"), "d", Map.of())
                .node("Softmax", List.of("d"), "y", Map.of("axis", Attribute.of(1L)))
                .output("y")
                .write(file);
        return Model.load(file, Options.defaults());
    }

    @Test
    void answersStayTheSameAndMemoryFlatWithSessionsComingAndGoing() throws InterruptedException {
        Random random = new Random(SEED);
        try (Model model = classifier(random)) {
            List<Map<String, NdArray>> inputs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                inputs.add(Map.of("x", random(random, 1, 3, 16, 16)));
            }
            Soak.Result result = new Soak(4, 8_000, 20).of(new SoakedModel.Woodpecker(model, inputs));
            assertThat(result.wrong()).isZero();
            assertThat(result.sessions()).isBetween(400L, 404L);
            // Without its sessions the model holds its weights; 400 leaked sessions would hold 25 MiB more.
            assertThat(result.end().nativeBytes())
                    .isLessThanOrEqualTo(result.settled().nativeBytes());
            assertThat(result.middle().nativeBytes()).isLessThan(result.end().nativeBytes() + (4L << 20));
            assertThat(result.end().residentBytes()).isLessThan(result.settled().residentBytes() + (100L << 20));
            assertThat(result.p99Seconds()).isGreaterThanOrEqualTo(result.medianSeconds());
        }
    }

    @Test
    void theSameRunsInOnnxRuntimeAreCountedAndCompared() throws InterruptedException {
        Random random = new Random(SEED);
        try (Model model = classifier(random);
                OnnxRuntimePeer peer = OnnxRuntimePeer.open(directory.resolve("classifier.onnx"), 1)) {
            List<Map<String, NdArray>> inputs =
                    List.of(Map.of("x", random(random, 1, 3, 16, 16)), Map.of("x", random(random, 1, 3, 16, 16)));
            Soak.Result result = new Soak(2, 400, 20).of(SoakedModel.OnnxRuntime.of(peer, inputs));
            assertThat(result.wrong()).isZero();
            assertThat(result.runs()).isEqualTo(400);
            assertThat(result.medianSeconds()).isPositive();
            assertThat(model.inputs()).containsOnlyKeys("x");
        }
    }

    @Test
    void quantilesAreWithinASixteenth() {
        Latencies latencies = new Latencies();
        for (int i = 1; i <= 10_000; i++) {
            latencies.add(i * 1_000L);
        }
        assertThat(latencies.count()).isEqualTo(10_000);
        assertThat(latencies.quantileSeconds(0.5)).isCloseTo(5e-3, within(5e-3 / 16));
        assertThat(latencies.quantileSeconds(0.99)).isCloseTo(9.9e-3, within(9.9e-3 / 16));
        assertThat(latencies.quantileSeconds(1)).isCloseTo(10e-3, within(10e-3 / 16));
    }

    @Test
    void nothingToDoIsRefused() {
        assertThatThrownBy(() -> new Soak(0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("threads 0");
    }
}

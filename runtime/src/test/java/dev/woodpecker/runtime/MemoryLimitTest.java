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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A convolution whose weights Winograd's algorithm makes four times as large. */
class MemoryLimitTest {
    private static final long MEGABYTE = 1L << 20;

    @TempDir
    private Path directory;

    /** y = conv(x, w): 1.1 MB of weights, 0.9 MB of values. */
    private Path network() {
        Path file = directory.resolve("network.onnx");
        new OnnxModelBuilder("network", 17)
                .input("x", TensorType.of(DType.F32, 1, 128, 28, 28))
                .initializer("w", RandomArrays.of(1, 128, 128, 3, 3))
                .initializer("v", RandomArrays.of(2, 128, 128, 3, 3))
                .node("Conv", List.of("x", "w"), "c", Map.of("pads", Attribute.of(1, 1, 1, 1)))
                .node("Conv", List.of("c", "v"), "y", Map.of("pads", Attribute.of(1, 1, 1, 1)))
                .output("y")
                .write(file);
        return file;
    }

    private record Result(NdArray y, List<String> implementations, long bytes) {}

    private Result run(Options options) {
        try (Model model = Model.load(network(), options.withoutShippedRecords().withRecords());
                Session session = model.newSession()) {
            session.startProfile();
            NdArray y = Objects.requireNonNull(
                    session.run(Map.of("x", RandomArrays.of(3, 1, 128, 28, 28))).get("y"));
            List<String> implementations = session.profile().kernels().stream()
                    .filter(kernel -> kernel.operator().equals("Conv"))
                    .map(Profile.Kernel::implementation)
                    .toList();
            return new Result(y, implementations, model.nativeBytes() + session.nativeBytes());
        }
    }

    @Test
    void aLimitTakesAlgorithmsWhoseWeightsAreSmallerAsFarAsItMust() {
        Result free = run(Options.defaults());
        assertThat(free.implementations()).allMatch(text -> text.startsWith("winograd"));
        Result some = run(Options.defaults().withMemoryLimit(free.bytes() - MEGABYTE));
        Result all = run(Options.defaults().withMemoryLimit(2 * MEGABYTE));
        assertThat(some.implementations())
                .filteredOn(text -> text.equals("direct to save memory, default"))
                .hasSize(1);
        assertThat(all.implementations()).hasSize(2).containsOnly("direct to save memory, default");
        assertThat(all.bytes()).isLessThan(some.bytes());
        assertThat(some.bytes()).isLessThan(free.bytes());
        Difference difference = Difference.between(all.y(), free.y(), new Difference.Tolerance(1e-3, 1e-3));
        assertThat(difference.isAccepted()).as(difference.explanation()).isTrue();
    }
}

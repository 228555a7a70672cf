package dev.woodpecker.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's programs do what it says. */
class ExamplesTest {
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void aKernelGivesTheSameAsJavaAndAsNativeCode() {
        float[][] both = Examples.runKernel(random(2, 5, 7, 9), random(5, 5));
        assertThat(both[1]).hasSize(2 * 5 * 7 * 9);
        assertThat(both[1]).containsExactly(both[0], within(1e-5f));
    }

    @Test
    void aModelRuns(@TempDir Path folder) {
        Path file = folder.resolve("model.onnx");
        new OnnxModelBuilder("model", 17)
                .input("data", TensorType.of(DType.F32, 2, 3))
                .output("fc")
                .node("Relu", List.of("data"), "fc", Map.of())
                .write(file);
        assertThat(Examples.runModel(file, NdArray.of(new float[] {1, -2, 3, -4, 5, -6}, 2, 3)))
                .containsExactly(1, 0, 3, 0, 5, 0);
    }

    private NdArray random(int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, random.nextGaussian());
        }
        return array;
    }
}

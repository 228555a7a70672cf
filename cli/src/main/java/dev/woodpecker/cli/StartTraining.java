package dev.woodpecker.cli;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the JVM is shown when {@code wpk} is built, to keep the classes of it ahead of time (JEP 514): a small model is loaded
 * and run as a user's would be, first with kernels to compile and then with kernels compiled.
 */
public final class StartTraining {
    private StartTraining() {}

    /** Where there is no C compiler the runs say so on standard error, and what they needed until then is kept. */
    public static void main(String... arguments) throws IOException {
        Path folder = Files.createTempDirectory("woodpecker-start");
        Path file = folder.resolve("small.onnx");
        try {
            network().write(file);
            PrintWriter nowhere = new PrintWriter(PrintWriter.nullWriter());
            PrintWriter errors = new PrintWriter(System.err, true, System.err.charset());
            for (int run = 0; run < 2; run++) {
                Wpk.run(System.getenv(), nowhere, errors, "run", file.toString());
            }
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    /** The operators that most networks have. */
    private static OnnxModelBuilder network() {
        OnnxModelBuilder model = new OnnxModelBuilder("small", 17);
        model.input("x", TensorType.of(DType.F32, 1, 3, 16, 16));
        weights(model, "w1", 16, 3, 3, 3);
        weights(model, "w2", 16, 16, 1, 1);
        weights(model, "w3", 10, 16);
        for (String name : List.of("scale", "bias", "mean", "variance")) {
            weights(model, name, 16);
        }
        Map<String, Attribute> window = Map.of(
                "kernel_shape", Attribute.of(3, 3), "pads", Attribute.of(1, 1, 1, 1), "strides", Attribute.of(1, 1));
        model.node("Conv", List.of("x", "w1"), "c1", window);
        model.node("BatchNormalization", List.of("c1", "scale", "bias", "mean", "variance"), "n1", Map.of());
        model.node("Relu", List.of("n1"), "r1", Map.of());
        model.node("MaxPool", List.of("r1"), "p1", window);
        model.node("Conv", List.of("p1", "w2", "bias"), "c2", Map.of());
        model.node("Add", List.of("c2", "p1"), "a2", Map.of());
        model.node("Concat", List.of("a2", "r1"), "j", Map.of("axis", Attribute.of(0)));
        model.node("GlobalAveragePool", List.of("j"), "g", Map.of());
        model.node("Flatten", List.of("g"), "f", Map.of("axis", Attribute.of(1)));
        model.node("Gemm", List.of("f", "w3"), "m", Map.of("transB", Attribute.of(1)));
        model.node("Softmax", List.of("m"), "y", Map.of("axis", Attribute.of(-1)));
        return model.output("y", TensorType.of(DType.F32, 2, 10));
    }

    private static void weights(OnnxModelBuilder model, String name, int... shape) {
        NdArray array = NdArray.allocate(DType.F32, shape);
        for (long i = 0; i < array.elements(); i++) {
            array.set(i, 1.0 / (1 + i % 7));
        }
        model.initializer(name, array);
    }
}

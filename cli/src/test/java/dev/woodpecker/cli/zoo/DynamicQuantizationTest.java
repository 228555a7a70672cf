package dev.woodpecker.cli.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.Model;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.Session;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DynamicQuantizationTest {

    @TempDir
    Path folder;

    /** Two layers that read one value, and a product of values, which stays one of floats. */
    private static OnnxModelBuilder network() {
        Network net = new Network("small", 3);
        Network.Value x = net.input("x", DType.F32, 1, 16, 32);
        Network.Value query = net.linear("query", x, 48, 0.1);
        Network.Value key = net.transpose("keys", net.linear("key", x, 48, 0.1), 0, 2, 1);
        net.output(net.softmax("scores", net.matrixProduct("product", query, key.name(), 1, 16, 16)));
        return net.model();
    }

    @Test
    void productsByWeightsAreOfBytesAndBothRuntimesComputeWhatTheFloatsDo() {
        OnnxModelBuilder model = network();
        OnnxModelBuilder quantized = DynamicQuantization.quantized(model);
        assertThat(quantized.nodes())
                .extracting(node -> node.operator().name())
                .containsExactly(
                        "DynamicQuantizeLinear",
                        "MatMulInteger",
                        "Cast",
                        "Mul",
                        "Mul",
                        "Add",
                        "MatMulInteger",
                        "Cast",
                        "Mul",
                        "Mul",
                        "Add",
                        "Transpose",
                        "MatMul",
                        "Softmax");
        Path floats = folder.resolve("floats.onnx");
        Path bytes = folder.resolve("bytes.onnx");
        model.write(floats);
        quantized.write(bytes);
        Map<String, NdArray> input = Map.of("x", new SeededWeights(5).image("x", 1, 16, 32));
        NdArray expected = scores(ReferenceRun.run(floats, input));
        NdArray reference = scores(ReferenceRun.run(bytes, input));
        assertThat(difference(reference, expected)).isBetween(1e-5, 0.05);
        try (Model loaded = Model.load(bytes, Options.defaults().withThreads(1));
                Session session = loaded.newSession()) {
            assertThat(difference(scores(session.run(input)), reference)).isLessThan(1e-5);
        }
    }

    private static NdArray scores(Map<String, NdArray> outputs) {
        return Objects.requireNonNull(outputs.get("scores"));
    }

    private static double difference(NdArray output, NdArray wanted) {
        return Difference.between(output, wanted, Difference.Tolerance.ONNX).normwiseRelative();
    }
}

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

class StaticQuantizationTest {

    @TempDir
    Path folder;

    /** A residual block, channels by themselves and in groups, between a first and a last layer. */
    private static OnnxModelBuilder network() {
        Network net = new Network("small", 3);
        Network.Value x = net.input("data", DType.F32, 1, 3, 16, 16);
        Network.Window three = new Network.Window(3, 1, 1);
        x = net.batchNormalization("bn1", net.convolution("conv1", x, 16, three, 1));
        x = net.maxPool("pool", net.elementwise("Relu", "relu1", x), new Network.Window(2, 2, 0));
        Network.Value y = net.batchNormalization("bn2", net.convolution("conv2", x, 16, three, 1));
        x = net.elementwise("Relu", "relu2", net.elementwise("Add", "add", y, x.name()));
        x = net.elementwise("Relu", "relu3", net.convolution("conv3", x, 16, three, 16));
        x = net.elementwise("Relu", "relu4", net.convolution("conv4", x, 32, three, 2));
        x = net.flatten("flatten", net.globalAveragePool("average", x));
        net.output(net.fullyConnected("fc", x, 10, 1));
        return net.model();
    }

    private static double difference(NdArray output, NdArray wanted) {
        return Difference.between(output, wanted, Difference.Tolerance.ONNX).normwiseRelative();
    }

    @Test
    void bothRuntimesComputeWhatTheFloatsDo() {
        OnnxModelBuilder model = network();
        Map<String, NdArray> image = Map.of("data", new SeededWeights(5).image("data", 1, 3, 16, 16));
        OnnxModelBuilder quantized =
                StaticQuantization.quantized(FoldedNormalizations.of(model), image, ReferenceRun::run);
        Path floats = folder.resolve("floats.onnx");
        Path bytes = folder.resolve("bytes.onnx");
        model.write(floats);
        quantized.write(bytes);
        assertThat(quantized.nodes())
                .extracting(node -> node.operator().name())
                .contains("QuantizeLinear", "DequantizeLinear")
                .doesNotContain("BatchNormalization");
        NdArray expected =
                Objects.requireNonNull(ReferenceRun.run(floats, image).get("fc"));
        NdArray reference =
                Objects.requireNonNull(ReferenceRun.run(bytes, image).get("fc"));
        assertThat(difference(reference, expected)).isBetween(1e-5, 0.05);
        try (Model loaded = Model.load(bytes, Options.defaults().withThreads(1));
                Session session = loaded.newSession()) {
            NdArray output = Objects.requireNonNull(session.run(image).get("fc"));
            // A byte that became its neighbour, averaged over 64 of them.
            assertThat(difference(output, reference)).isLessThan(0.01);
        }
    }
}

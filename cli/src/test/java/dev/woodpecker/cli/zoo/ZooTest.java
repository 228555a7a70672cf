package dev.woodpecker.cli.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZooTest {

    @TempDir
    Path folder;

    private static Zoo zoo() {
        return new Zoo(7, 1, ReferenceRun::run);
    }

    /** The numbers of torchvision's documentation, multiply-adds in millions. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512, 1814",
        "resnet50, 25557032, 4089",
        "vgg19, 143667240, 19632",
        "mobilenetv2, 3504872, 301"
    })
    void parametersAndMultiplyAddsAreThosePublished(String name, long parameters, long millions) {
        ModelCost cost = ModelCost.of(zoo().imageNetwork(name));
        assertThat(cost.parameters()).isEqualTo(parameters);
        assertThat(Math.round(cost.multiplyAdds() / 1e6)).isEqualTo(millions);
    }

    /** BERT-base, uncased: 109,482,240 parameters with the pooler. */
    @Test
    void bertBaseHasItsPublishedParameters() {
        assertThat(ModelCost.of(Bert.BASE.build(7, 1).model()).parameters()).isEqualTo(109_482_240);
    }

    @Test
    void aBertIsWrittenWithTheShapesAsked() {
        Path file = folder.resolve("bert.onnx");
        zoo().write(new Bert(2, 64, 4, 16), file);
        OnnxModelBuilder model = OnnxModelBuilder.read(file);
        assertThat(model.inputs().keySet()).containsExactly("input_ids", "attention_mask", "token_type_ids");
        assertThat(model.type("encoder.1.norm")).contains(TensorType.of(DType.F32, 1, 16, 64));
        assertThat(model.type("encoder.1.attention.scores")).contains(TensorType.of(DType.F32, 1, 4, 16, 16));
        assertThatThrownBy(() -> new Bert(2, 65, 4, 16)).hasMessageContaining("features a multiple of heads");
        assertThatThrownBy(() -> new Bert(2, 64, 4, 513)).hasMessageContaining("1 to 512 are allowed");
    }

    @Test
    void calibratedNormalisationsKeepTheScaleOfActivations() {
        Path file = folder.resolve("mobilenetv2.onnx");
        Zoo zoo = zoo();
        zoo.write("mobilenetv2", file);
        OnnxModelBuilder model = OnnxModelBuilder.read(file);
        model.nodes().stream()
                .filter(node -> node.operator().isOnnx("BatchNormalization"))
                .forEach(node -> model.output(node.name()));
        Path probed = folder.resolve("probed.onnx");
        model.write(probed);
        NdArray image = new SeededWeights(7).image("data", 1, 3, 224, 224);
        Map<String, NdArray> outputs = ReferenceRun.run(probed, Map.of("data", image));
        assertThat(outputs).hasSizeGreaterThan(50);
        outputs.forEach((name, value) -> {
            if (!name.equals("classifier")) {
                // Scale 1 and bias 0, each with a spread of 0.1.
                assertThat(deviation(value)).as(name).isCloseTo(1, within(0.1));
            }
        });
        double last = deviation(output(outputs, "classifier"));
        assertThat(last).isBetween(0.1, 10.0);
    }

    private static NdArray output(Map<String, NdArray> outputs, String name) {
        return Optional.ofNullable(outputs.get(name)).orElseThrow();
    }

    private static double deviation(NdArray array) {
        double sum = 0;
        double squares = 0;
        for (float value : array.toFloatArray()) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / array.elements();
        return Math.sqrt(squares / array.elements() - mean * mean);
    }

    @Test
    void theSameSeedGivesTheSameFile() throws IOException {
        Bert small = new Bert(1, 32, 2, 8);
        for (String name : new String[] {"a", "b"}) {
            zoo().write(small, folder.resolve(name));
        }
        new Zoo(8, 1, ReferenceRun::run).write(small, folder.resolve("c"));
        assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("b"))).isEqualTo(-1);
        assertThat(Files.mismatch(folder.resolve("a"), folder.resolve("c"))).isPositive();
    }

    @Test
    void anUnknownNetworkIsAnErrorThatListsThoseThereAre() {
        assertThatThrownBy(() -> zoo().write("alexnet", folder.resolve("m.onnx")))
                .hasMessageContaining(
                        "no network 'alexnet' in the zoo; there are [mobilenetv2, resnet18, resnet50, vgg19] and bert");
    }

    @Test
    void aStructureGetsWeightsWhereItHasConstants() {
        Path structure = shared("models/structures/light_squeezenet.onnx");
        Path file = folder.resolve("squeezenet.onnx");
        assertThat(zoo().fill(structure, file)).isEqualTo(39);
        OnnxModelBuilder model = OnnxModelBuilder.read(file);
        assertThat(model.nodes()).extracting(node -> node.operator().name()).doesNotContain("ConstantOfShape");
        assertThat(model.nodes().stream().filter(node -> node.operator().isOnnx("Conv")))
                .extracting(Node::name)
                .hasSize(26);
        NdArray image = new SeededWeights(1).image("x", 1, 3, 224, 224);
        NdArray scores = output(ReferenceRun.run(file, Map.of("data_0", image)), "softmaxout_1");
        assertThat(scores.toFloatArray()).doesNotContain(Float.NaN).hasSize(1000);
        assertThatThrownBy(() -> zoo().fill(file, folder.resolve("again.onnx")))
                .hasMessageContaining("has no weight that is a ConstantOfShape");
    }

    @Test
    void aStructuresNormalisationsAreCalibrated() {
        Path file = folder.resolve("resnet50.onnx");
        assertThat(zoo().fill(shared("models/structures/light_resnet50.onnx"), file))
                .isEqualTo(239);
        NdArray image = new SeededWeights(1).image("x", 1, 3, 224, 224);
        NdArray scores = output(ReferenceRun.run(file, Map.of("gpu_0/data_0", image)), "gpu_0/softmax_1");
        // Neither all equal nor all in one class: the scale has come through 53 layers.
        assertThat(deviation(scores)).isBetween(1e-4, 2e-2);
    }

    private static Path shared(String relative) {
        Path path = Path.of(System.getProperty("woodpecker.shared", "../../shared"), relative);
        assumeTrue(
                Files.exists(path),
                () -> "SKIPPED: no " + path.toAbsolutePath() + "; set -Dwoodpecker.shared to the folder of test data");
        return path;
    }
}

package dev.woodpecker.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FamilyTest {
    private static final Set<String> WEIGHTS = Set.of("w");

    private static List<Node> nodes(String... operators) {
        OnnxModelBuilder model = new OnnxModelBuilder("family", 17);
        String value = "x";
        for (String operator : operators) {
            String[] words = operator.split(" ");
            String result = "v" + model.nodes().size();
            List<String> inputs = words.length == 1 ? List.of(value, value) : List.of(value, words[1]);
            model.node(words[0], inputs, result, Map.of());
            value = result;
        }
        return model.nodes();
    }

    @Test
    void aNetworkWithOneVectorOfClassesIsAClassifier() {
        List<Node> nodes = nodes("Conv w", "Relu", "GlobalAveragePool");
        assertThat(Family.of(nodes, WEIGHTS, List.of(new int[] {1, 1000}))).isEqualTo(Family.CLASSIFIER);
        assertThat(Family.of(nodes, WEIGHTS, List.of(new int[] {1, 1000, 1, 1})))
                .isEqualTo(Family.CLASSIFIER);
    }

    @Test
    void aNetworkWithResultsForPlacesIsADetectorOrMakesImages() {
        List<Node> nodes = nodes("Conv w", "Relu");
        assertThat(Family.of(nodes, WEIGHTS, List.of(new int[] {1, 85, 20, 20})))
                .isEqualTo(Family.DETECTOR_OR_IMAGE);
        assertThat(Family.of(nodes, WEIGHTS, List.of(new int[] {1, 4}, new int[] {1, 2})))
                .isEqualTo(Family.DETECTOR_OR_IMAGE);
    }

    @Test
    void productsOfComputedMatricesMakeATransformer() {
        assertThat(Family.of(nodes("MatMul w", "MatMul"), WEIGHTS, List.of(new int[] {1, 2})))
                .isEqualTo(Family.TRANSFORMER);
        assertThat(Family.of(nodes("MatMul w", "Relu"), WEIGHTS, List.of(new int[] {1, 2})))
                .isEqualTo(Family.OTHER);
    }

    @Test
    void recurrentNetworksAreApart() {
        assertThat(Family.of(nodes("Conv w", "LSTM w"), WEIGHTS, List.of(new int[] {1, 1})))
                .isEqualTo(Family.OTHER);
    }

    @Test
    void aModelWithBranchesIsApart() {
        Path silero =
                Path.of(System.getProperty("woodpecker.shared", "../../shared"), "models/silero_vad_op18_ifless.onnx");
        assumeTrue(
                Files.exists(silero),
                () -> "SKIPPED: no " + silero.toAbsolutePath()
                        + "; set -Dwoodpecker.shared to the folder of test data");
        assertThat(Family.of(silero, List.of())).isEqualTo(Family.OTHER);
    }
}

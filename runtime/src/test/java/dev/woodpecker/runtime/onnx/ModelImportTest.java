package dev.woodpecker.runtime.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.SharedData;
import dev.woodpecker.runtime.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every model of the test data is imported, or refused with all reasons. */
class ModelImportTest {

    private static List<Path> models(String folder) throws IOException {
        try (Stream<Path> paths = Files.walk(SharedData.path(folder))) {
            return paths.filter(path -> path.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void realModelsAreImported() throws IOException {
        List<Path> models = models("models");
        assertThat(models).isNotEmpty();
        for (Path model : models) {
            assertThat(OnnxImporter.read(model, TestModels.everything()).nodes())
                    .as(model.toString())
                    .isNotEmpty();
        }
    }

    /** What ONNX's tests have and Woodpecker does not: types, training, and operators of other domains. */
    @Test
    void onnxTestModelsAreImportedOrRefusedByName() throws IOException {
        Map<String, Integer> reasons = new TreeMap<>();
        int imported = 0;
        List<Path> models = models("onnx");
        for (Path model : models) {
            try {
                OnnxImporter.read(model, TestModels.everything());
                imported++;
            } catch (UnsupportedModelException e) {
                e.problems().forEach(problem -> reasons.merge(problem.name(), 1, Integer::sum));
            }
        }
        assertThat(imported).isGreaterThan(models.size() * 8 / 10);
        assertThat(reasons.keySet())
                .allMatch(reason -> reason.startsWith("ai.onnx.")
                        || reason.matches(
                                "float8.*|float4.*|u?int[24]|string|sequence|optional|training_mode|directions"));
    }
}

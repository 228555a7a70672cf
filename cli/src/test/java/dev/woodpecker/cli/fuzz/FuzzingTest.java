package dev.woodpecker.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short look, the same each time; {@code wpk fuzz --budget 10m} looks for longer. */
@Timeout(180)
class FuzzingTest {
    private static final int GRAPHS = 4;
    private static final int IMPORTS = 300;

    @TempDir
    private Path directory = Path.of("");

    @Test
    void randomGraphsComputeWhatOnnxRuntimeDoesAndDamagedFilesAreRefusedWithReasons() throws Exception {
        Path models = Files.createDirectory(directory.resolve("models"));
        List<Fuzzing.Finding> findings = new ArrayList<>();
        try (Fuzzing fuzzing = new Fuzzing(directory.resolve("kept"), directory, _ -> {})) {
            for (int seed = 0; seed < GRAPHS; seed++) {
                findings.addAll(fuzzing.graph(seed));
                RandomGraph.of(seed, directory.resolve("scratch.onnx")).write(models.resolve(seed + ".onnx"));
            }
            List<Path> seeds = Fuzzing.seeds(models);
            assertThat(seeds).hasSize(GRAPHS);
            for (int seed = 0; seed < IMPORTS; seed++) {
                findings.addAll(fuzzing.importer(seed, seeds));
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void aSeedAlwaysGivesTheSameGraphAndTheSameDamage() {
        Path scratch = directory.resolve("scratch.onnx");
        assertThat(RandomGraph.of(3, scratch))
                .hasToString(RandomGraph.of(3, scratch).toString());
        byte[] file = "a file of some bytes".getBytes(StandardCharsets.UTF_8);
        assertThat(new ByteMutations(5).of(file))
                .isEqualTo(new ByteMutations(5).of(file))
                .isNotEqualTo(file);
    }

    @Test
    void whatIsNeitherDoneNorRefusedIsToldAndTheNextQuestionIsAnswered() {
        try (FuzzProcess process = new FuzzProcess(directory)) {
            Duration patience = Duration.ofSeconds(60);
            assertThat(process.ask("dance", patience)).startsWith("bad java.lang.IllegalArgumentException");
            assertThat(process.ask("size 1 " + directory.resolve("size.onnx"), patience))
                    .startsWith("ok ");
        }
    }

    @Test
    void aProcessThatDoesNotAnswerIsReplaced() {
        try (FuzzProcess process = new FuzzProcess(directory)) {
            String question = "size 1 " + directory.resolve("size.onnx");
            assertThat(process.ask(question, Duration.ZERO)).startsWith("bad no answer");
            assertThat(process.ask(question, Duration.ofSeconds(60))).startsWith("ok ");
        }
    }
}

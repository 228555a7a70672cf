package dev.woodpecker.runtime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The test data beside the project: models, and ONNX's own tests. */
public final class SharedData {

    private SharedData() {}

    /** A file or folder of it; without it the test that asks is skipped. */
    public static Path path(String relative) {
        Path path = Path.of(System.getProperty("woodpecker.shared", "../../shared"), relative);
        assumeTrue(
                Files.exists(path),
                () -> "SKIPPED: no " + path.toAbsolutePath() + "; set -Dwoodpecker.shared to the folder of test data");
        return path;
    }
}

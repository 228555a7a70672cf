package dev.woodpecker.compiler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts that tests compare with files under {@code src/test/resources/golden}; {@code -Dgolden.update=true} writes them. */
public final class Golden {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    private Golden() {}

    /** Fails unless {@code actual} is what the file holds. */
    public static void check(String file, String actual) {
        Path path = ROOT.resolve(file);
        try {
            if (Boolean.getBoolean("golden.update")) {
                Files.createDirectories(path.getParent());
                Files.writeString(path, actual);
            }
            assertThat(path).as("golden file; -Dgolden.update=true writes it").exists();
            assertThat(actual)
                    .as("%s; -Dgolden.update=true accepts a change", file)
                    .isEqualTo(Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

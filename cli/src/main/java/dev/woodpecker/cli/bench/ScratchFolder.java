package dev.woodpecker.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder that lasts as long as it is open. */
public record ScratchFolder(Path path) implements AutoCloseable {
    public static ScratchFolder create() {
        try {
            return new ScratchFolder(Files.createTempDirectory("woodpecker-bench"));
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for what processes hand over: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + path + ": " + e.getMessage(), e);
        }
    }
}

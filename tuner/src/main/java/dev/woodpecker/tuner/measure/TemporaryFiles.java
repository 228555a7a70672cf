package dev.woodpecker.tuner.measure;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files of this process alone. */
final class TemporaryFiles {
    private TemporaryFiles() {}

    /** Deletes a directory with all that is in it, as far as that is possible. */
    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.getLogger(TemporaryFiles.class.getName())
                    .log(Level.DEBUG, "not all of {0} could be deleted: {1}", directory, e);
        }
    }
}

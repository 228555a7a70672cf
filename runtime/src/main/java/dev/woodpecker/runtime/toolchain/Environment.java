package dev.woodpecker.runtime.toolchain;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The environment variables that steer Woodpecker; a value of its own so that a test can state another one. */
public record Environment(Map<String, String> variables) {
    public Environment {
        variables = Map.copyOf(variables);
    }

    /** The variables of this process. */
    public static Environment ofProcess() {
        return new Environment(System.getenv());
    }

    /** The value of {@code name}; a blank value counts as absent. */
    public Optional<String> get(String name) {
        String value = variables.getOrDefault(name, "");
        return value.isBlank() ? Optional.empty() : Optional.of(value);
    }

    /** The directories of {@code PATH}, in order; entries that are not valid paths are left out. */
    List<Path> searchPath() {
        return Stream.of(get("PATH").orElse("").split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty())
                .flatMap(entry -> path(entry).stream())
                .toList();
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}

package dev.woodpecker.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.woodpecker.compiler.expr.KernelSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The Java source of a kernel's method, where the source of its class is on the class path. */
public final class JavaMethod {
    private static final String INDENTATION = "    ";

    private JavaMethod() {}

    /**
     * The method with its annotation, without Javadoc and examples, of a class that the formatter has seen.
     *
     * @throws IllegalStateException if the class path does not have the source
     */
    public static String of(KernelSpec spec) {
        String type = spec.name().replaceAll("\\(.*", "");
        String resource = type.substring(0, type.lastIndexOf('.')).replace('.', '/') + ".java";
        List<String> lines = read(resource).lines().toList();
        int first = spec.origin().line() - 1;
        while (lines.get(first - 1).startsWith(INDENTATION + "@")) {
            first--;
        }
        int last = first;
        while (!lines.get(last).equals(INDENTATION + "}")) {
            last++;
        }
        StringBuilder text = new StringBuilder();
        lines.subList(first, last + 1).stream()
                .filter(line -> !line.startsWith(INDENTATION + "@Example"))
                .forEach(line -> text.append(line.substring(Math.min(line.length(), INDENTATION.length())))
                        .append('\n'));
        return text.toString();
    }

    private static String read(String resource) {
        try (InputStream source = JavaMethod.class.getClassLoader().getResourceAsStream(resource)) {
            if (source == null) {
                throw new IllegalStateException(resource + " is not on the class path");
            }
            return new String(source.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

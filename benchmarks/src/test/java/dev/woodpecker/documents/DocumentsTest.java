package dev.woodpecker.documents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.cli.Wpk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

class DocumentsTest {
    private static final Path ROOT = Path.of(System.getProperty("woodpecker.root"));
    private static final Path README = ROOT.resolve("README.md");
    private static final Path EXAMPLES = ROOT.resolve("benchmarks/src/test/java/dev/woodpecker/examples");

    private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)(#[^)]*)?\\)");
    private static final Pattern JAVA = Pattern.compile("^```java\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern COMMAND_LINE =
            Pattern.compile("(?:^|[`./ ])(?<![\\w.])wpk ([a-z-]+)\\b", Pattern.MULTILINE);
    private static final Pattern PART =
            Pattern.compile("^ *// begin (\\w+)\n(.*?)^ *// end$", Pattern.DOTALL | Pattern.MULTILINE);

    private static Stream<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(
                    Stream.of(README), docs.filter(file -> file.toString().endsWith(".md")).sorted().toList().stream());
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkLeadsSomewhere(Path document) {
        Path folder = document.resolveSibling(".");
        assertThat(found(LINK, text(document)).filter(target -> !target.startsWith("https://")))
                .allSatisfy(target -> assertThat(folder.resolve(target)).exists());
    }

    /** The design also draws commands that are to come. */
    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/MAP.md"})
    void everyCommandThatIsNamedExists(String document) {
        assertThat(found(COMMAND_LINE, text(ROOT.resolve(document))).distinct())
                .isNotEmpty()
                .isSubsetOf(commands());
    }

    @Test
    void theReadmeListsEveryCommand() {
        assertThat(found(Pattern.compile("^\\| `wpk ([\\w-]+)", Pattern.MULTILINE), text(README)))
                .containsExactlyInAnyOrderElementsOf(commands());
    }

    /** What is between the markers in the examples, which are compiled and run. */
    @Test
    void theReadmesProgramsAreTheExamples() {
        Map<String, String> parts = new TreeMap<>();
        for (String name : List.of("SqueezeExcite.java", "Examples.java")) {
            PART.matcher(text(EXAMPLES.resolve(name)))
                    .results()
                    .forEach(part -> parts.put(part.group(1), withoutIndentation(part.group(2))));
        }
        assertThat(parts).containsOnlyKeys("kernel", "run", "model");
        assertThat(found(JAVA, text(README))).containsExactlyInAnyOrderElementsOf(parts.values());
    }

    private static String withoutIndentation(String code) {
        return code.stripTrailing().stripIndent().strip() + "\n";
    }

    private static List<String> commands() {
        return Arrays.stream(Wpk.class.getAnnotation(Command.class).subcommands())
                .map(command -> command.getAnnotation(Command.class).name())
                .toList();
    }

    private static Stream<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map((MatchResult match) -> match.group(1));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

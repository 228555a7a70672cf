package dev.woodpecker.compiler.diagnostic;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** {@code docs/diagnostics.md} is the table of codes. */
class DiagnosticsDocumentTest {
    private static final Path DOCUMENT = Path.of(System.getProperty("woodpecker.root", ".."), "docs/diagnostics.md");

    @Test
    void theDocumentIsWrittenFromTheTable() throws IOException {
        StringBuilder text = new StringBuilder("""
            # What the processor tells

            Errors of `@Kernel` methods, found when javac compiles them. Each begins with its code and stands at the very
            expression; compilers other than javac name `File.java:line:column` in the message. Internal errors are explained by
            `-Awoodpecker.trace=true`.
            """);
        for (DiagnosticCode code : DiagnosticCode.values()) {
            text.append("\n## ")
                    .append(code.code())
                    .append(": ")
                    .append(code.title())
                    .append("\n\n");
            text.append(code.remedy().replaceAll("([@<>|])", "\\\\$1")).append('\n');
        }
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(DOCUMENT, text);
        }
        assertThat(text).hasToString(Files.readString(DOCUMENT));
    }

    @Test
    void codesAreStableAndInOrder() {
        assertThat(Arrays.stream(DiagnosticCode.values()).map(DiagnosticCode::code))
                .isSorted()
                .doesNotHaveDuplicates()
                .startsWith("WPK-E001");
    }
}

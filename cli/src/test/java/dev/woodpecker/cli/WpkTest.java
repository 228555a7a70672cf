package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.tuner.FailureReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class WpkTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int wpk(String... args) {
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @Test
    void helpGoesToStandardOutput() {
        assertThat(wpk("--help")).isZero();
        assertThat(out.toString()).startsWith("Usage: wpk").contains("Exit codes:");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void versionNamesTheJavaThatRuns() {
        assertThat(wpk("--version")).isZero();
        assertThat(out.toString()).startsWith("Woodpecker").contains("Java " + Runtime.version());
    }

    @Test
    void wrongUsageIsTwoAndPointsToTheHelp() {
        assertThat(wpk("--no-such-option")).isEqualTo(2);
        assertThat(err.toString()).contains("--no-such-option").contains("wpk --help");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void noCommandIsWrongUsage() {
        assertThat(wpk()).isEqualTo(2);
        assertThat(err.toString()).contains("wpk --help");
    }

    @Test
    void anErrorOfOursIsItsMessageAlone() {
        assertThat(failing(false, new SampleException("x has rank 3; Conv wants 4")))
                .isEqualTo(1);
        assertThat(err.toString().lines()).containsExactly("wpk: x has rank 3; Conv wants 4");
    }

    @Test
    void aMissingFileIsNamedInWords() {
        assertThat(failing(false, new UncheckedIOException(new NoSuchFileException("model.onnx"))))
                .isEqualTo(1);
        assertThat(err.toString().lines()).containsExactly("wpk: no such file or directory: model.onnx");
    }

    @Test
    void aDefectOfOursIsNamedAsSuch() {
        failing(false, new IllegalStateException("no buffer %3"));
        assertThat(err.toString().lines())
                .containsExactly("wpk: internal error: java.lang.IllegalStateException: no buffer %3"
                        + " (WPK_DEBUG=1 prints the stack trace)");
    }

    @Test
    void theStackTraceIsPrintedOnRequestOnly() {
        failing(true, new SampleException("wrong"));
        assertThat(err.toString()).startsWith("wpk: wrong").contains("\tat dev.woodpecker.cli.WpkTest");
        assertThat(FailureReport.wantsStackTraces(Map.of("WPK_DEBUG", "1"))).isTrue();
        assertThat(FailureReport.wantsStackTraces(Map.of("WPK_DEBUG", "0"))).isFalse();
        assertThat(FailureReport.wantsStackTraces(Map.of())).isFalse();
    }

    private int failing(boolean stackTraces, RuntimeException failure) {
        return new CommandLine(new Failing(failure))
                .setErr(new PrintWriter(err, true))
                .setExecutionExceptionHandler(new FailureReport(stackTraces))
                .execute();
    }

    @Command
    private record Failing(RuntimeException failure) implements Runnable {
        @Override
        public void run() {
            throw failure;
        }
    }

    private static final class SampleException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SampleException(String message) {
            super(message);
        }
    }
}

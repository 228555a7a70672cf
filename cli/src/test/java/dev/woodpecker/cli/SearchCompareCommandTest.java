package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a matrix product of which a few points were measured. */
class SearchCompareCommandTest {
    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path landscapes;

    @BeforeEach
    void copyLandscapes() throws IOException {
        landscapes = directory.resolve("landscapes.jsonl");
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("landscapes.jsonl"))) {
            Files.copy(in, landscapes);
        }
    }

    private int run(String... arguments) {
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @Test
    void comparesWhatWasRecorded() throws IOException {
        Path plot = directory.resolve("plot.svg");
        int code = run("search-compare", "--landscapes=" + landscapes, "--trials=20", "--seeds=2", "--plot=" + plot);
        assertThat(code).as(err.toString()).isZero();
        assertThat(out.toString()).contains("Measured on: ", "| GEMM ", "| reinforce ", "reached", "| analytic |");
        assertThat(Files.readString(plot)).startsWith("<svg ").contains(">GEMM<");
    }

    @Test
    void aMissingFileIsToBeRecorded() {
        assertThat(run("search-compare", "--landscapes=" + directory.resolve("none")))
                .isEqualTo(2);
        assertThat(err.toString()).contains("none").contains("--record");
    }

    @Test
    void anUnknownKernelIsAnsweredWithTheKnown() {
        assertThat(run("search-compare", "--record", "--kernels=pooling", "--landscapes=" + landscapes))
                .isEqualTo(2);
        assertThat(err.toString()).contains("conv depthwise");
        assertThat(run("search-compare", "--kernels=pooling", "--landscapes=" + landscapes))
                .isEqualTo(2);
    }
}

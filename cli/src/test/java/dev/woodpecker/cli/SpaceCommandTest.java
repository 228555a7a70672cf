package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpaceCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int wpk(String line) {
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(err, true), line.split(" +"));
    }

    @Test
    void aProductsSpaceHasItsTilesWithTheirValuesAndDefault() {
        assertThat(wpk("space MatMul --shape a=64x64 --shape b=64x64 --target cpu:x86-64-v3 --samples 20"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .anyMatch(line -> line.matches("MatMul a=64x64 b=64x64, cpu:x86-64-v3, fp32"))
                .anyMatch(line -> line.matches("  variant .*: (about )?[0-9.e+]+ points.*"))
                .anyMatch(line -> line.matches("    out\\.tile\\.rows +1 2 3 .*, by default \\d+.*"))
                .anyMatch(line -> line.matches("    of 20 points drawn at random \\d+ are refused"));
    }

    @Test
    void everyVariantHasASpaceOfItsOwn() {
        assertThat(wpk("space Conv --shape x=1x4x12x12 --shape w=4x4x3x3 --constant w --samples 4"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("variant direct:", "variant winograd2:", "variant winograd4:");
    }

    @Test
    void tuningIsACommandToo() {
        assertThat(wpk("tune --help")).isZero();
        assertThat(out.toString()).contains("Usage: wpk tune", "--budget", "--resume", "--emit");
    }
}

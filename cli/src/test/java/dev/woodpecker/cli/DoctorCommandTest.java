package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    private final StringWriter out = new StringWriter();

    private int doctor(String... arguments) {
        return Wpk.run(Map.of(), new PrintWriter(out, true), new PrintWriter(out, true), arguments);
    }

    @Test
    void whatIsMissingComesWithARemedy() {
        assertThat(doctor("doctor")).isZero();
        assertThat(out.toString()).contains("JDK").contains("C compiler in use").endsWith("processor.\n");
        String[] lines = out.toString().split("\n");
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].startsWith("absent") || lines[i].startsWith("PROBLEM")) {
                assertThat(lines[i + 1]).contains("-> ");
            }
        }
    }

    @Test
    void theSameAsJson() {
        assertThat(doctor("doctor", "--json")).isZero();
        var findings = JsonParser.parseString(out.toString()).getAsJsonArray();
        assertThat(findings).isNotEmpty();
        for (JsonElement finding : findings) {
            assertThat(finding.getAsJsonObject().keySet()).containsExactly("subject", "status", "detail", "remedy");
        }
    }
}

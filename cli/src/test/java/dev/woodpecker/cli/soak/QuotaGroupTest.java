package dev.woodpecker.cli.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QuotaGroupTest {
    @Test
    void anOptionIsLeftOutInBothOfItsForms() {
        assertThat(QuotaGroup.without("--quota", List.of("soak", "--quota", "1.5", "m.onnx", "--runs", "7")))
                .containsExactly("soak", "m.onnx", "--runs", "7");
        assertThat(QuotaGroup.without("--quota", List.of("soak", "--quota=1.5", "m.onnx")))
                .containsExactly("soak", "m.onnx");
    }

    @Test
    void aGroupIsMadeAndRemoved() {
        Optional<String> problem = Optional.empty();
        try {
            QuotaGroup.of(1.5).close();
        } catch (IOException e) {
            problem = Optional.of(e.toString());
        }
        assumeTrue(problem.isEmpty(), "SKIPPED: no control group can be made: " + problem);
        // Removed: another of the same name can be made.
        try {
            QuotaGroup.of(0.5).close();
        } catch (IOException e) {
            problem = Optional.of(e.toString());
        }
        assertThat(problem).isEmpty();
    }
}

package dev.woodpecker.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AbridgementTest {
    @Test
    void unrolledStatementsAreShownOnce() {
        assertThat(Abridgement.of("""
            for (...) {
                acc_0 += x[i] * w[0];
                acc_1 += x[i + 1] * w[0];
                acc_2 += x[i + 2] * w[0];
            }
            """, 10)).isEqualTo("""
                  for (...) {
                      acc_0 += x[i] * w[0];
                      ... and 2 more like it
                  }
                """);
    }

    @Test
    void twoAlikeAreBothShown() {
        assertThat(Abridgement.of("a0 = 1;\na1 = 2;\n", 10)).isEqualTo("  a0 = 1;\n  a1 = 2;\n");
    }

    @Test
    void whatIsLeftOutIsSaid() {
        assertThat(Abridgement.of("a\nb\nc\nd\n", 2)).isEqualTo("  a\n  b\n  ... 2 more lines\n");
        assertThat(Abridgement.of("x".repeat(500), 2)).hasSizeLessThan(120).endsWith(" ...\n");
    }
}

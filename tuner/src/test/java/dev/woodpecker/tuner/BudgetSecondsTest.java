package dev.woodpecker.tuner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class BudgetSecondsTest {
    @ParameterizedTest
    @CsvSource({"30s, 30", "8m, 480", "2h, 7200", "1.5m, 90", "8M, 480"})
    void aNumberAndAUnitAreATime(String text, double seconds) {
        assertThat(new BudgetSeconds().convert(text)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8", "m", "8 minutes", "-3s", "0s", "1e9s"})
    void anythingElseIsRefusedWithExamples(String text) {
        assertThatThrownBy(() -> new BudgetSeconds().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("30s, 8m, 2h");
    }
}

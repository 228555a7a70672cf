package dev.woodpecker.cli.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.NdArray;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as the same output depends on how many bits the values had. */
class OutputComparisonTest {
    private static Optional<String> wrong(Numerics numerics, float actual) {
        return OutputComparison.wrong(OutputComparison.of(
                numerics,
                Map.of("y", NdArray.of(new float[] {actual, -200}, 2)),
                Map.of("y", NdArray.of(new float[] {100, -200}, 2))));
    }

    /** Of a norm of 224. */
    @ParameterizedTest
    @CsvSource({"STRICT, 100.2, 101", "FP32, 100.2, 101", "TF32, 101.5, 102", "FP16, 101.5, 102", "BF16, 113, 115"})
    void asMuchAsRoundingExplains(Numerics numerics, float right, float wrong) {
        assertThat(wrong(numerics, right)).isEmpty();
        assertThat(wrong(numerics, wrong))
                .hasValueSatisfying(text -> assertThat(text).contains("WRONG: at [0] " + wrong + " instead of 100.0"));
    }

    @Test
    void whatIsWrongIsToldWithWhatWasAllowed() {
        assertThat(wrong(Numerics.BF16, 150))
                .hasValueSatisfying(text ->
                        assertThat(text).endsWith("WRONG: at [0] 150.0 instead of 100.0; allowed is norm-wise 0.063"));
    }

    @Test
    void noNumericsExplainAnInfinityOrANumberThatIsNone() {
        assertThat(wrong(Numerics.BF16, Float.POSITIVE_INFINITY)).isPresent();
        assertThat(wrong(Numerics.FP16, Float.NaN)).isPresent();
    }
}

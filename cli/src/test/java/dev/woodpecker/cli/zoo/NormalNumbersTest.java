package dev.woodpecker.cli.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class NormalNumbersTest {

    @Test
    void meanVarianceAndTailsAreThoseOfTheNormalDistribution() {
        NormalNumbers numbers = new NormalNumbers(1, "w");
        int count = 1_000_000;
        double sum = 0;
        double squares = 0;
        int beyondTwo = 0;
        for (int i = 0; i < count; i++) {
            double value = numbers.next();
            sum += value;
            squares += value * value;
            beyondTwo += Math.abs(value) > 2 ? 1 : 0;
        }
        // Five standard errors.
        assertThat(sum / count).isCloseTo(0, within(0.005));
        assertThat(squares / count).isCloseTo(1, within(0.0071));
        assertThat((double) beyondTwo / count).isCloseTo(0.0455, within(0.00105));
    }

    @Test
    void theSequenceBelongsToSeedAndName() {
        assertThat(first(1, "a"))
                .isEqualTo(first(1, "a"))
                .isNotEqualTo(first(2, "a"))
                .isNotEqualTo(first(1, "b"));
        assertThat(first(1, "ab")).isNotEqualTo(first(1, "ba"));
    }

    /** The numbers must never change: recorded results name a model by its seed. */
    @Test
    void theNumbersAreFixedForGood() {
        NormalNumbers numbers = new NormalNumbers(42, "conv1.weight");
        assertThat(new double[] {numbers.next(), numbers.next(), numbers.next()})
                .containsExactly(0.15315800397428717, 0.6269411063283822, 0.6247848923772332);
    }

    private static double first(long seed, String name) {
        return new NormalNumbers(seed, name).next();
    }
}

package dev.woodpecker.runtime.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DistributionTest {
    @Test
    void quartilesAreInterpolatedAndTheOrderOfRunsDoesNotMatter() {
        Distribution odd = Distribution.of(5, 1, 4, 2, 3);
        assertThat(odd).isEqualTo(new Distribution(3, 2, 4, 1, 5));
        Distribution even = Distribution.of(4, 1, 3, 2);
        assertThat(even).isEqualTo(new Distribution(2.5, 1.75, 3.25, 1, 4));
        assertThat(even.spread()).isEqualTo(0.6);
    }

    @Test
    void oneRunIsItsOwnMedianAndNoneIsAnError() {
        assertThat(Distribution.of(7)).isEqualTo(new Distribution(7, 7, 7, 7, 1));
        assertThatThrownBy(Distribution::of).isInstanceOf(IllegalArgumentException.class);
    }
}

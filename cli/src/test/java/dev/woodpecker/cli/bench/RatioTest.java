package dev.woodpecker.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RatioTest {
    @Test
    void blocksThatAllAgreeLeaveNoDoubt() {
        // The machine is half as fast in the second pair of blocks: that touches both alike.
        Ratio ratio = Ratio.of(new double[] {3, 6, 3}, new double[] {2, 4, 2});
        assertThat(ratio).isEqualTo(new Ratio(1.5, 1.5, 1.5));
    }

    @Test
    void theIntervalHoldsTheMedianAndGrowsWithTheSpread() {
        Ratio narrow = Ratio.ofMedian(1.0, 1.01, 1.02, 1.03, 1.04);
        Ratio wide = Ratio.ofMedian(0.5, 0.9, 1.02, 1.1, 2.0);
        assertThat(narrow.median()).isEqualTo(1.02);
        assertThat(wide.low()).isLessThan(narrow.low());
        assertThat(wide.high()).isGreaterThan(narrow.high());
        assertThat(narrow.low()).isCloseTo(1.0, within(0.011));
    }

    @Test
    void oneDisturbedBlockMovesTheMedianLittle() {
        assertThat(Ratio.ofMedian(1.2, 1.2, 1.2, 1.2, 0.1).median()).isEqualTo(1.2);
    }

    @Test
    void blocksAreComparedInPairs() {
        assertThatThrownBy(() -> Ratio.of(new double[] {1, 2}, new double[] {1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("2 blocks against 1");
    }
}

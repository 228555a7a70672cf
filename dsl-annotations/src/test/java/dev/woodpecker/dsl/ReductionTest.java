package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Dsl.argMax;
import static dev.woodpecker.dsl.Dsl.argMin;
import static dev.woodpecker.dsl.Dsl.max;
import static dev.woodpecker.dsl.Dsl.min;
import static dev.woodpecker.dsl.Dsl.prod;
import static dev.woodpecker.dsl.Dsl.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ReductionTest {

    private static final float NAN = Float.NaN;

    /** The digits of a position: shows which lambda parameter belongs to which axis. */
    @Test
    void sumsOverOneToSixAxes() {
        assertThat(sum(3, i -> i)).isEqualTo(3);
        assertThat(sum(2, 3, (i, j) -> 10 * i + j)).isEqualTo(36);
        assertThat(sum(2, 3, 1, (i, j, k) -> 10 * i + j + k)).isEqualTo(36);
        assertThat(sum(2, 1, 3, 1, (i, u, j, k) -> 10 * i + j)).isEqualTo(36);
        assertThat(sum(1, 2, 1, 3, 1, (t, i, u, j, k) -> 10 * i + j)).isEqualTo(36);
        assertThat(sum(1, 2, 1, 3, 1, 1, (t, i, u, j, k, v) -> 10 * i + j)).isEqualTo(36);
        assertThat(sum(Index.of(2, 3), i -> 10 * i.get(0) + i.get(1))).isEqualTo(36);
        assertThat(sum(Index.of(), i -> 5)).isEqualTo(5);
    }

    @Test
    void otherReductionsHaveTheSameRanks() {
        assertThat(prod(3, i -> i + 1)).isEqualTo(6);
        assertThat(prod(2, 3, (i, j) -> i + j + 1)).isEqualTo(144);
        assertThat(prod(Index.of(2, 3), i -> i.get(0) + i.get(1) + 1)).isEqualTo(144);
        assertThat(max(2, 3, (i, j) -> i - j)).isEqualTo(1);
        assertThat(max(1, 2, 3, (t, i, j) -> i - j)).isEqualTo(1);
        assertThat(min(2, 3, (i, j) -> i - j)).isEqualTo(-2);
        assertThat(min(1, 1, 1, 1, 2, 3, (t, u, v, w, i, j) -> i - j)).isEqualTo(-2);
        assertThat(min(Index.of(2, 3), i -> i.get(0) - i.get(1))).isEqualTo(-2);
    }

    @Test
    void overNothingTheyAreNeutral() {
        assertThat(sum(0, i -> 1)).isZero();
        assertThat(prod(3, 0, (i, j) -> 9)).isEqualTo(1);
        assertThat(max(0, i -> 1)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(min(Index.of(0), i -> 1)).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void sumsInAxisOrderInFloat() {
        float[] terms = {1e8f, 1, -1e8f, 1};
        assertThat(sum(4, i -> terms[i])).isEqualTo(1);
        assertThat(sum(2, 2, (i, j) -> terms[2 * j + i])).isEqualTo(2);
    }

    @Test
    void maxAndMinPropagateNaN() {
        float[] x = {1, NAN, 3};
        assertThat(max(3, i -> x[i])).isNaN();
        assertThat(min(3, i -> x[i])).isNaN();
    }

    @Test
    void argMaxIsTheFirstAmongEqualsAndNaNIsExtreme() {
        float[] x = {1, 5, 5, -2, -2};
        assertThat(argMax(5, i -> x[i])).isEqualTo(1);
        assertThat(argMin(5, i -> x[i])).isEqualTo(3);
        float[] withNaN = {1, NAN, 9, NAN};
        assertThat(argMax(4, i -> withNaN[i])).isEqualTo(1);
        assertThat(argMin(4, i -> withNaN[i])).isEqualTo(1);
        assertThat(argMax(2, i -> i == 0 ? NAN : 1)).isZero();
        assertThatThrownBy(() -> argMax(0, i -> 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("argMax over extent 0: there must be at least one element");
    }

    @Test
    void negativeExtentsAreNamed() {
        assertThatThrownBy(() -> sum(2, -3, (i, j) -> 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sum over extents [2, -3]: none may be negative");
        assertThatThrownBy(() -> max(Index.of(-1), i -> 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void integersReduceInLong() {
        assertThat(Ints.sum(2, 3, (i, j) -> 10L * i + j)).isEqualTo(36);
        assertThat(Ints.sum(3, i -> 1L << 60)).isEqualTo(3L << 60);
        assertThat(Ints.prod(4, i -> i + 1)).isEqualTo(24);
        assertThat(Ints.max(3, i -> -i)).isZero();
        assertThat(Ints.min(Index.of(3), i -> -i.get(0))).isEqualTo(-2);
        assertThat(Ints.max(0, i -> 1)).isEqualTo(Long.MIN_VALUE);
        assertThat(Ints.argMax(4, i -> (1L << 60) + i % 2)).isEqualTo(1);
        assertThat(Ints.argMin(4, i -> (1L << 60) - i % 2)).isEqualTo(1);
        assertThat(Ints.tensor(2, 2, (i, j) -> 2 * i + j).toArray()).containsExactly(0, 1, 2, 3);
        assertThat(Ints.tensor(Index.of(2), i -> i.get(0)).toArray()).containsExactly(0, 1);
    }

    @Test
    void masksReduceByAnyAndAll() {
        assertThat(Masks.any(3, i -> i == 2)).isTrue();
        assertThat(Masks.all(3, i -> i == 2)).isFalse();
        assertThat(Masks.any(0, i -> true)).isFalse();
        assertThat(Masks.all(Index.of(0), i -> false)).isTrue();
        assertThat(Masks.tensor(2, 2, (i, j) -> j <= i).toArray()).containsExactly(true, false, true, true);
    }
}

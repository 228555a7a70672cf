package dev.woodpecker.dsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IndexTest {

    private final Index abc = Index.of(10, 11, 12);

    @Test
    void keepsItsValues() {
        int[] values = {3, 4};
        Index index = Index.of(values);
        values[0] = 99;
        assertThat(index).isEqualTo(Index.of(3, 4)).hasToString("[3, 4]");
        assertThat(index.rank()).isEqualTo(2);
        assertThat(index.get(1)).isEqualTo(4);
        assertThat(index).isNotEqualTo(Index.of(3, 4, 1)).hasSameHashCodeAs(Index.of(3, 4));
    }

    @Test
    void productIsTheNumberOfElements() {
        assertThat(Index.of(2, 3, 4).product()).isEqualTo(24);
        assertThat(Index.of().product()).isEqualTo(1);
        assertThat(Index.of(5, 0).product()).isZero();
    }

    @Test
    void pickTakesAxesInTheGivenOrder() {
        assertThat(abc.pick(2, 0)).isEqualTo(Index.of(12, 10));
        assertThat(abc.pick()).isEqualTo(Index.of());
    }

    @Test
    void dropKeepsTheOtherAxes() {
        assertThat(abc.drop(1)).isEqualTo(Index.of(10, 12));
        assertThat(abc.drop(2, 0)).isEqualTo(Index.of(11));
        assertThat(abc.drop()).isEqualTo(abc);
    }

    @Test
    void weavePutsValuesAtAxesOfTheResult() {
        assertThat(Index.of(1, 2).weave(Index.of(7, 8), 0, 2)).isEqualTo(Index.of(7, 1, 8, 2));
        assertThat(Index.of(1, 2).weave(Index.of(7, 8), 2, 0)).isEqualTo(Index.of(8, 1, 7, 2));
        assertThat(Index.of().weave(Index.of(7), 0)).isEqualTo(Index.of(7));
    }

    @Test
    void weaveUndoesDropAndPick() {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            int rank = random.nextInt(7);
            Index index = Index.of(random.ints(rank, 0, 100).toArray());
            int[] axes = IntStream.range(0, rank)
                    .filter(axis -> random.nextBoolean())
                    .toArray();
            assertThat(index.drop(axes).weave(index.pick(axes), axes)).isEqualTo(index);
        }
    }

    @Test
    void withConcatFirstFromMap() {
        assertThat(abc.with(1, 0)).isEqualTo(Index.of(10, 0, 12));
        assertThat(abc).isEqualTo(Index.of(10, 11, 12));
        assertThat(abc.concat(Index.of(5))).isEqualTo(Index.of(10, 11, 12, 5));
        assertThat(abc.first(2)).isEqualTo(Index.of(10, 11));
        assertThat(abc.from(2)).isEqualTo(Index.of(12));
        assertThat(abc.from(3)).isEqualTo(Index.of());
        assertThat(abc.map(axis -> abc.get(axis) * 2 + axis)).isEqualTo(Index.of(20, 23, 26));
    }

    @Test
    void broadcastsLikeNumPy() {
        assertThat(Index.of(2, 1, 4).broadcast(Index.of(3, 1))).isEqualTo(Index.of(2, 3, 4));
        assertThat(Index.of().broadcast(Index.of(3))).isEqualTo(Index.of(3));
        assertThat(Index.of(1).broadcast(Index.of(0))).isEqualTo(Index.of(0));
        assertThatThrownBy(() -> Index.of(2, 3).broadcast(Index.of(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "shapes [2, 3] and [4] do not broadcast: axis 1 of the result is 3 in one and 4 in the other;"
                                + " they must be equal, or one of them 1");
    }

    @Test
    void withinFindsTheOperandsElement() {
        assertThat(Index.of(1, 2, 3).within(Index.of(3, 1))).isEqualTo(Index.of(2, 0));
        assertThat(Index.of(1, 2, 3).within(Index.of())).isEqualTo(Index.of());
        assertThatThrownBy(() -> Index.of(1).within(Index.of(2, 2)))
                .hasMessage("within: shape [2, 2] has a higher rank than index [1] of the broadcast result");
    }

    @Test
    void namesTheWrongAxis() {
        assertThatThrownBy(() -> abc.get(3))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("axis 3 is outside [10, 11, 12] of rank 3: allowed 0 to 2");
        assertThatThrownBy(() -> abc.with(-1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> abc.first(4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> abc.drop(0, 5))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("axis 5 in [0, 5] is outside rank 3: allowed 0 to 2");
        assertThatThrownBy(() -> abc.drop(1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("axis 1 is given twice in [1, 1]");
        assertThatThrownBy(() -> abc.weave(Index.of(1), 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weave: 1 values [1] for 2 axes [0, 1]");
    }
}

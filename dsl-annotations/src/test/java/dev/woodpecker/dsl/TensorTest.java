package dev.woodpecker.dsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TensorTest {

    private final Tensor matrix = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    @Test
    void readsRowMajor() {
        assertThat(matrix.rank()).isEqualTo(2);
        assertThat(matrix.size(1)).isEqualTo(3);
        assertThat(matrix.shape()).isEqualTo(Index.of(2, 3));
        assertThat(matrix.at(0, 2)).isEqualTo(3);
        assertThat(matrix.at(1, 0)).isEqualTo(4);
        assertThat(matrix.at(Index.of(1, 2))).isEqualTo(6);
        assertThat(matrix.toArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(Tensor.scalar(7).at()).isEqualTo(7);
    }

    @Test
    void readsEveryRankTheSameWay() {
        float[] values = new float[720];
        for (int position = 0; position < values.length; position++) {
            values[position] = position;
        }
        assertThat(Tensor.of(values, 720).at(463)).isEqualTo(463);
        assertThat(Tensor.of(values, 24, 30).at(15, 13)).isEqualTo(463);
        assertThat(Tensor.of(values, 24, 5, 6).at(15, 2, 1)).isEqualTo(463);
        assertThat(Tensor.of(values, 4, 6, 5, 6).at(2, 3, 2, 1)).isEqualTo(463);
        assertThat(Tensor.of(values, 2, 2, 6, 5, 6).at(1, 0, 3, 2, 1)).isEqualTo(463);
        assertThat(Tensor.of(values, 2, 2, 3, 2, 5, 6).at(1, 0, 1, 1, 2, 1)).isEqualTo(463);
        assertThat(Tensor.of(values, 2, 2, 3, 2, 5, 3, 2).at(Index.of(1, 0, 1, 1, 2, 0, 1)))
                .isEqualTo(463);
    }

    @Test
    void copiesTheArraysItIsGivenAndGives() {
        float[] values = {1, 2};
        Tensor x = Tensor.of(values, 2);
        values[0] = 9;
        x.toArray()[1] = 9;
        assertThat(x.toArray()).containsExactly(1, 2);
    }

    @Test
    void namesAxisAndExtentOfAReadOutside() {
        assertThatThrownBy(() -> matrix.at(1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("index 3 is outside axis 1 of a tensor of shape [2, 3]: allowed 0 to 2 (read at [1, 3])");
        assertThatThrownBy(() -> matrix.at(Index.of(-1, 0)))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("index -1 is outside axis 0");
        assertThatThrownBy(() -> Tensor.of(new float[0], 0).at(0)).hasMessageContaining("allowed none");
    }

    @Test
    void rejectsAWrongNumberOfIndices() {
        assertThatThrownBy(() -> matrix.at(1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a tensor of shape [2, 3] has rank 2 and is read with 1 index");
        assertThatThrownBy(() -> matrix.atOr(0, 1, 1, 1))
                .hasMessage("a tensor of shape [2, 3] has rank 2 and is read with 3 indices");
        assertThatThrownBy(matrix::at).hasMessage("a tensor of shape [2, 3] has rank 2 and is read with 0 indices");
        assertThatThrownBy(() -> Tensor.scalar(0).at(0))
                .hasMessage("a tensor of shape [] has rank 0 and is read with 1 index");
    }

    @Test
    void rejectsValuesThatDoNotFillTheShape() {
        assertThatThrownBy(() -> Tensor.of(new float[5], 2, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("5 values do not fill shape [2, 3], which has 6 elements");
        assertThatThrownBy(() -> Tensor.of(new float[1], -1)).hasMessage("axis 0 of shape [-1] has a negative extent");
        assertThatThrownBy(() -> Tensor.of(new float[1], 1 << 20, 1 << 20))
                .hasMessageContaining("2^31 elements or more");
    }

    @Test
    void atOrGivesTheBorderOutside() {
        assertThat(matrix.atOr(-7, 1, 1)).isEqualTo(5);
        assertThat(matrix.atOr(-7, -1, 1)).isEqualTo(-7);
        assertThat(matrix.atOr(-7, 0, 3)).isEqualTo(-7);
        assertThat(matrix.atOr(-7, Index.of(2, 0))).isEqualTo(-7);
        assertThat(matrix.atOr(-7, Index.of(0, 0))).isEqualTo(1);
    }

    @Test
    void absentIsNeutralWhereverItIsRead() {
        Tensor absent = Tensor.absent(5);
        assertThat(absent.rank()).isZero();
        assertThat(absent.at()).isEqualTo(5);
        assertThat(absent.at(99)).isEqualTo(5);
        assertThat(absent.at(-1, 3, 4)).isEqualTo(5);
        assertThat(absent.at(Index.of(1, 2))).isEqualTo(5);
        assertThat(absent.atOr(0, 100)).isEqualTo(5);
        assertThat(IntTensor.absent(Long.MAX_VALUE).at(3)).isEqualTo(Long.MAX_VALUE);
        assertThat(MaskTensor.absent(true).at(3)).isTrue();
    }

    @Test
    void integersAndMasksAreReadTheSameWay() {
        IntTensor ints = IntTensor.of(new long[] {1, 2, 3, 1L << 60}, 2, 2);
        assertThat(ints.at(1, 1)).isEqualTo(1L << 60);
        assertThat(ints.atOr(-1, 2, 0)).isEqualTo(-1);
        assertThat(ints.toArray()).containsExactly(1, 2, 3, 1L << 60);
        assertThatThrownBy(() -> ints.at(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);

        MaskTensor mask = MaskTensor.of(new boolean[] {true, false}, 2);
        assertThat(mask.at(0)).isTrue();
        assertThat(mask.atOr(true, 2)).isTrue();
        assertThat(mask.toArray()).containsExactly(true, false);
        assertThatThrownBy(() -> mask.at(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void memoryOfOnesOwnBecomesATensorByTwoMethods() {
        Tensor countdown = new Tensor() {
            @Override
            public Index shape() {
                return Index.of(2, 2);
            }

            @Override
            public float element(long position) {
                return 3 - position;
            }
        };
        assertThat(countdown.at(0, 1)).isEqualTo(2);
        assertThat(countdown.toArray()).containsExactly(3, 2, 1, 0);
        assertThatThrownBy(() -> countdown.at(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}

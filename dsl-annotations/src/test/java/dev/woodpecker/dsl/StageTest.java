package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Dsl.concat;
import static dev.woodpecker.dsl.Dsl.require;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StageTest {

    @Test
    void everyRankIsFilledInRowMajorOrder() {
        float[] ascending = {0, 1, 2, 3};
        assertThat(tensor(() -> 7).toArray()).containsExactly(7);
        assertThat(tensor(4, i -> i).toArray()).containsExactly(ascending);
        assertThat(tensor(2, 2, (i, j) -> 2 * i + j).toArray()).containsExactly(ascending);
        assertThat(tensor(2, 1, 2, (i, u, j) -> 2 * i + j).toArray()).containsExactly(ascending);
        assertThat(tensor(2, 1, 1, 2, (i, u, v, j) -> 2 * i + j).toArray()).containsExactly(ascending);
        assertThat(tensor(1, 2, 1, 1, 2, (t, i, u, v, j) -> 2 * i + j).toArray())
                .containsExactly(ascending);
        assertThat(tensor(1, 2, 1, 1, 1, 2, (t, i, u, v, w, j) -> 2 * i + j).toArray())
                .containsExactly(ascending);
        Tensor any = tensor(Index.of(2, 1, 1, 1, 1, 1, 2), i -> 2 * i.get(0) + i.get(6));
        assertThat(any.toArray()).containsExactly(ascending);
        assertThat(any.shape()).isEqualTo(Index.of(2, 1, 1, 1, 1, 1, 2));
    }

    @Test
    void isComputedOnceWhenFirstRead() {
        AtomicInteger calls = new AtomicInteger();
        Tensor stage = tensor(3, i -> calls.incrementAndGet() + i);
        assertThat(calls).hasValue(0);
        assertThat(stage.size(0)).isEqualTo(3);
        assertThat(calls).hasValue(0);
        assertThat(stage.at(2)).isEqualTo(5);
        assertThat(calls).hasValue(3);
        assertThat(stage.toArray()).containsExactly(1, 3, 5);
        assertThat(calls).hasValue(3);
    }

    @Test
    void isNotComputedUnlessRead() {
        Tensor broken = tensor(1, i -> {
            throw new AssertionError("computed");
        });
        assertThat(tensor(2, i -> i == 7 ? broken.at(0) : i).toArray()).containsExactly(0, 1);
    }

    @Test
    void isComputedOnceAmongThreads() throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        Tensor stage = tensor(10_000, i -> calls.incrementAndGet());
        Runnable read = () -> stage.at(9_999);
        Thread[] threads = {new Thread(read), new Thread(read), new Thread(read)};
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(calls).hasValue(10_000);
    }

    @Test
    void mayBeEmptyButNotNegative() {
        assertThat(tensor(2, 0, (i, j) -> 1).toArray()).isEmpty();
        assertThat(tensor(Index.of(0, 3), i -> 1).toArray()).isEmpty();
        assertThatThrownBy(() -> tensor(2, -1, (i, j) -> 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("axis 1 of shape [2, -1] has a negative extent");
        assertThatThrownBy(() -> tensor(Index.of(-2), i -> 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void checksReadsOfStagesAndInputsAlike() {
        Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
        Tensor shifted = tensor(3, i -> x.at(i + 1));
        assertThatThrownBy(() -> shifted.at(0))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("index 3 is outside axis 0 of a tensor of shape [3]: allowed 0 to 2 (read at [3])");
        Tensor doubled = tensor(3, i -> 2 * x.at(i));
        assertThatThrownBy(() -> sum(4, i -> doubled.at(i))).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void concatJoinsAlongTheAxis() {
        Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        Tensor b = Tensor.of(new float[] {5, 6}, 2, 1);
        Tensor empty = Tensor.of(new float[0], 2, 0);
        assertThat(concat(1, new Tensor[] {a, empty, b}).toArray()).containsExactly(1, 2, 5, 3, 4, 6);
        assertThat(concat(0, new Tensor[] {a, a}).shape()).isEqualTo(Index.of(4, 2));
        assertThatThrownBy(() -> concat(0, new Tensor[] {a, b}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("concat along axis 0: input 0 has shape [2, 2] and input 1 has shape [2, 1];"
                        + " they must be equal but for that axis");
        assertThatThrownBy(() -> concat(0, new Tensor[0]))
                .hasMessage("concat of no tensors: there must be at least one");
    }

    @Test
    void requireStopsAVariantThatDoesNotServe() {
        assertThatCode(() -> require(true)).doesNotThrowAnyException();
        assertThatThrownBy(() -> require(false)).isInstanceOf(RequirementNotMet.class);
    }
}

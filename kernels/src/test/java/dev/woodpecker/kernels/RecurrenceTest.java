package dev.woodpecker.kernels;

import static dev.woodpecker.kernels.Tensors.attribute;
import static dev.woodpecker.kernels.Tensors.ints;
import static dev.woodpecker.kernels.Tensors.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Tensor;
import org.junit.jupiter.api.Test;

/** Expected values by hand, with functions whose values are known: Affine, Relu, the sigmoid at 0. */
class RecurrenceTest {
    private static final int SIGMOID = 0;
    private static final int RELU = 2;
    private static final int AFFINE = 3;
    private static final float NO_CLIP = Float.MAX_VALUE;
    private static final Tensor NONE = Tensor.absent(0);
    private static final IntTensor NO_LENGTHS = IntTensor.absent(0);
    private static final IntTensor SECOND = ints(1, 1);

    private static Tensor row(float... values) {
        return Tensor.of(values, 1, values.length);
    }

    /** Two steps of which the second is taken. */
    private static Tensor steps(float... second) {
        float[] both = new float[2 * second.length];
        System.arraycopy(second, 0, both, second.length, second.length);
        return Tensor.of(both, 2, 1, second.length);
    }

    @Test
    void theCellForgetsAndTakesInAsTheGatesSay() {
        // Gates input 0.5, output 2, forget 3, candidate 4, of which 1, 1, 1, 2 come from the last hidden state.
        var state = Recurrence.lstm(
                steps(-0.5f, 1, 2, 2),
                row(1, 1, 1, 2),
                row(10),
                SECOND,
                NONE,
                NO_LENGTHS,
                NONE,
                attribute(AFFINE, AFFINE, AFFINE),
                new float[] {1, 1, 0.5f},
                new float[] {0, 0, 1},
                NO_CLIP,
                0);
        assertThat(state.cell().toArray()).containsExactly(3 * 10 + 0.5f * 4);
        assertThat(state.hidden().toArray()).containsExactly(2 * (32 * 0.5f + 1));
    }

    @Test
    void peepholesSeeTheOldCellAndTheOutputsTheNew() {
        var state = Recurrence.lstm(
                steps(0, 0, 0, 1),
                row(0, 0, 0, 0),
                row(2),
                SECOND,
                vector(1, 2, 3),
                NO_LENGTHS,
                NONE,
                attribute(AFFINE, AFFINE, AFFINE),
                new float[] {1, 1, 1},
                new float[] {0, 0, 0},
                NO_CLIP,
                0);
        assertThat(state.cell().toArray()).containsExactly(6 * 2 + 2 * 1);
        assertThat(state.hidden().toArray()).containsExactly(2 * 14 * 14);
    }

    @Test
    void aClosedInputGateCanKeepTheCell() {
        var state = Recurrence.lstm(
                steps(0, 0, 9, 9),
                row(0, 0, 0, 0),
                row(5),
                SECOND,
                NONE,
                NO_LENGTHS,
                NONE,
                attribute(RELU, RELU, RELU),
                new float[3],
                new float[3],
                NO_CLIP,
                1);
        assertThat(state.cell().toArray()).containsExactly(5);
    }

    @Test
    void anExampleThatEndedKeepsItsState() {
        var state = Recurrence.lstm(
                steps(9, 9, 9, 9),
                row(9, 9, 9, 9),
                row(5),
                SECOND,
                NONE,
                ints(1),
                row(7),
                attribute(RELU, RELU, RELU),
                new float[3],
                new float[3],
                NO_CLIP,
                0);
        assertThat(state.cell().toArray()).containsExactly(5);
        assertThat(state.hidden().toArray()).containsExactly(7);
    }

    @Test
    void aGatedUnitMixesOldAndNewByTheUpdateGate() {
        Tensor x = steps(0, 0, 3);
        int[] functions = attribute(SIGMOID, RELU);
        float[] none = new float[2];
        // Both gates are sigmoid(0) = 0.5; the candidate is 3 + 0.5 * 4.
        assertThat(Recurrence.gru(x, row(0, 0, 4), row(10), SECOND, NO_LENGTHS, functions, none, none, NO_CLIP)
                        .toArray())
                .containsExactly(0.5f * 5 + 0.5f * 10);
        var gates = Recurrence.gruGates(x, row(0, 0), row(10), SECOND, functions, none, none, NO_CLIP);
        assertThat(gates.update().toArray()).containsExactly(0.5f);
        assertThat(gates.reset().toArray()).containsExactly(5);
        assertThat(Recurrence.gruReset(
                                x, row(5), row(10), gates.update(), SECOND, NO_LENGTHS, functions, none, none, NO_CLIP)
                        .toArray())
                .containsExactly(0.5f * 8 + 0.5f * 10);
    }

    /** One key, one value: the state is a number. */
    @Test
    void linearAttentionsDifferInWhatTheStateTakesIn() {
        Tensor two = Tensor.of(new float[] {0, 2}, 1, 2, 1, 1);
        Tensor three = Tensor.of(new float[] {0, 3}, 1, 2, 1, 1);
        Tensor state = Tensor.of(new float[] {5}, 1, 1, 1, 1);
        Tensor halved = Tensor.of(new float[] {0, (float) Math.log(0.5)}, 1, 2, 1, 1);
        Tensor tenth = Tensor.of(new float[] {0, 0.125f}, 1, 2, 1, 1);
        float[] expected = {
            5 + 2 * 3, 2.5f + 2 * 3, 5 + 2 * 0.125f * (3 - 5 * 2), 2.5f + 2 * 0.125f * (3 - 2.5f * 2),
        };
        for (int rule = 0; rule < expected.length; rule++) {
            var step = Recurrence.linearAttention(three, two, three, state, SECOND, halved, tenth, rule, 0.5f);
            assertThat(step.state().toArray()[0]).as("rule %d", rule).isCloseTo(expected[rule], within(1e-6f));
            assertThat(step.row().toArray()[0]).isCloseTo(0.5f * 3 * expected[rule], within(1e-5f));
        }
    }

    @Test
    void whatIsAboveTheClipCountsAsTheClip() {
        Tensor x = steps(3, -3, 0.25f);
        assertThat(Recurrence.rnn(
                                x,
                                row(1, -1, 0),
                                SECOND,
                                NO_LENGTHS,
                                NONE,
                                attribute(AFFINE),
                                new float[] {2},
                                new float[] {1},
                                0.5f)
                        .toArray())
                .containsExactly(2, 0, 1.5f);
    }

    @Test
    void everyActivationIsOnnxs() {
        float[] expected = {
            0.7310586f, 0.7615942f, 1, 0.75f, 1, 1, 0.2310586f, 0.75f, 1, 0.5f, 1.3132617f,
        };
        for (int function = 0; function < expected.length; function++) {
            float[] result = Recurrence.rnn(
                            steps(1),
                            row(0),
                            SECOND,
                            NO_LENGTHS,
                            NONE,
                            attribute(function),
                            new float[] {0.5f},
                            new float[] {function == 6 ? 0.5f : 0.25f},
                            NO_CLIP)
                    .toArray();
            assertThat(result[0]).as("function %d of 1", function).isCloseTo(expected[function], within(1e-6f));
        }
        float[] below = {
            0.26894143f, -0.7615942f, 0, -0.25f, -0.5f, 0, -0.2310586f, 0, -0.31606028f, -0.5f, 0.3132617f,
        };
        for (int function = 0; function < below.length; function++) {
            float[] result = Recurrence.rnn(
                            steps(-1),
                            row(0),
                            SECOND,
                            NO_LENGTHS,
                            NONE,
                            attribute(function),
                            new float[] {0.5f},
                            new float[] {function == 6 ? 0.5f : 0.25f},
                            NO_CLIP)
                    .toArray();
            assertThat(result[0]).as("function %d of -1", function).isCloseTo(below[function], within(1e-6f));
        }
    }
}

package dev.woodpecker.kernels;

import static dev.woodpecker.dsl.Dsl.exp;
import static dev.woodpecker.dsl.Dsl.expm1;
import static dev.woodpecker.dsl.Dsl.log1p;
import static dev.woodpecker.dsl.Dsl.sum;
import static dev.woodpecker.dsl.Dsl.tanh;
import static dev.woodpecker.dsl.Dsl.tensor;

import dev.woodpecker.dsl.Absent;
import dev.woodpecker.dsl.Example;
import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.dsl.Tensor;

/**
 * One step of recurrent networks, after the matrix products. The runtime writes ONNX's {@code LSTM}, {@code GRU} and
 * {@code RNN} out as such steps; that a step's number is an input lets all steps be one kernel.
 *
 * <p>x: [t, n, g * h], the inputs of all steps by the weights of g gates, with their bias; recurrent: [n, g * h], the last
 * hidden state by its weights; step: [2], the row of x and the number of the step; lengths: [n], how many steps an example
 * has: after these its state stays. {@code functions} are the activations in ONNX's order: 0 {@code Sigmoid}, 1 {@code Tanh},
 * 2 {@code Relu}, 3 {@code Affine}, 4 {@code LeakyRelu}, 5 {@code ThresholdedRelu}, 6 {@code ScaledTanh}, 7
 * {@code HardSigmoid}, 8 {@code Elu}, 9 {@code Softsign}, 10 {@code Softplus}, with {@code alphas} and {@code betas} for
 * each. What the gates' functions are applied to is held between {@code -clip} and {@code clip}; what the cell's is, not, as in
 * ONNX Runtime.
 */
public final class Recurrence {

    private Recurrence() {}

    /** The state of {@link #lstm}. */
    public record LongState(Tensor hidden, Tensor cell) {}

    /**
     * Long short-term memory, gates in the order input, output, forget, cell. cell, hidden: [n, h]; peepholes: [3 * h], the
     * weights of the cell for the first three gates; with {@code inputForget} 1 the forget gate is 1 less the input gate.
     * Hochreiter, Schmidhuber, "Long short-term memory" (1997); peepholes: Gers, Schmidhuber (2000).
     */
    @Kernel(op = "dev.woodpecker::LstmStep")
    @Example("x=16x1x512 recurrent=1x512 cell=1x128 step=2 functions=0,1,1 alphas=0,0,0 betas=0,0,0 clip=3e38"
            + " inputForget=0")
    public static LongState lstm(
            Tensor x,
            Tensor recurrent,
            Tensor cell,
            IntTensor step,
            @Absent Tensor peepholes,
            @Absent IntTensor lengths,
            @Absent Tensor hidden,
            int[] functions,
            float[] alphas,
            float[] betas,
            float clip,
            int inputForget) {
        int batch = cell.size(0);
        int size = cell.size(1);
        Tensor newCell = tensor(batch, size, (b, j) -> {
            float old = cell.at(b, j);
            float input = activation(
                    held(gate(x, recurrent, step, b, j) + peepholes.at(j) * old, clip),
                    functions[0],
                    alphas[0],
                    betas[0]);
            float forget = inputForget == 1
                    ? 1 - input
                    : activation(
                            held(gate(x, recurrent, step, b, 2 * size + j) + peepholes.at(2 * size + j) * old, clip),
                            functions[0],
                            alphas[0],
                            betas[0]);
            float candidate = activation(
                    held(gate(x, recurrent, step, b, 3 * size + j), clip), functions[1], alphas[1], betas[1]);
            return lasts(step, lengths, b) ? forget * old + input * candidate : old;
        });
        Tensor newHidden = tensor(batch, size, (b, j) -> {
            float output = activation(
                    held(gate(x, recurrent, step, b, size + j) + peepholes.at(size + j) * newCell.at(b, j), clip),
                    functions[0],
                    alphas[0],
                    betas[0]);
            return lasts(step, lengths, b)
                    ? output * activation(newCell.at(b, j), functions[2], alphas[2], betas[2])
                    : hidden.at(b, j);
        });
        return new LongState(newHidden, newCell);
    }

    /** The gates of {@link #gruGates}. */
    public record Gates(Tensor update, Tensor reset) {}

    /**
     * The first two of a gated recurrent unit's gates, the second times the hidden state: what is multiplied by the third's
     * weights next. recurrent: [n, 2 * h], by the weights of these two; hidden: [n, h].
     */
    @Kernel(op = "dev.woodpecker::GruGates")
    public static Gates gruGates(
            Tensor x,
            Tensor recurrent,
            Tensor hidden,
            IntTensor step,
            int[] functions,
            float[] alphas,
            float[] betas,
            float clip) {
        int batch = hidden.size(0);
        int size = hidden.size(1);
        return new Gates(
                tensor(
                        batch,
                        size,
                        (b, j) -> activation(
                                held(gate(x, recurrent, step, b, j), clip), functions[0], alphas[0], betas[0])),
                tensor(
                        batch,
                        size,
                        (b, j) -> hidden.at(b, j)
                                * activation(
                                        held(gate(x, recurrent, step, b, size + j), clip),
                                        functions[0],
                                        alphas[0],
                                        betas[0])));
    }

    /** The new hidden state after {@link #gruGates}. recurrent: [n, h], the reset state by the third gate's weights. */
    @Kernel(op = "dev.woodpecker::GruResetStep")
    public static Tensor gruReset(
            Tensor x,
            Tensor recurrent,
            Tensor hidden,
            Tensor update,
            IntTensor step,
            @Absent IntTensor lengths,
            int[] functions,
            float[] alphas,
            float[] betas,
            float clip) {
        int size = hidden.size(1);
        return tensor(hidden.size(0), size, (b, j) -> {
            float candidate = activation(
                    held(x.at((int) step.at(0), b, 2 * size + j) + recurrent.at(b, j), clip),
                    functions[1],
                    alphas[1],
                    betas[1]);
            return lasts(step, lengths, b)
                    ? (1 - update.at(b, j)) * candidate + update.at(b, j) * hidden.at(b, j)
                    : hidden.at(b, j);
        });
    }

    /**
     * Gated recurrent unit whose reset gate comes after the matrix product ({@code linear_before_reset}), gates in the order
     * update, reset, hidden. recurrent: [n, 3 * h], with the third gate's bias of recurrence. Cho et al. (2014).
     */
    @Kernel(op = "dev.woodpecker::GruStep")
    @Example("x=16x1x384 recurrent=1x384 hidden=1x128 step=2 functions=0,1 alphas=0,0 betas=0,0 clip=3e38")
    public static Tensor gru(
            Tensor x,
            Tensor recurrent,
            Tensor hidden,
            IntTensor step,
            @Absent IntTensor lengths,
            int[] functions,
            float[] alphas,
            float[] betas,
            float clip) {
        int size = hidden.size(1);
        return tensor(hidden.size(0), size, (b, j) -> {
            float update = activation(held(gate(x, recurrent, step, b, j), clip), functions[0], alphas[0], betas[0]);
            float reset =
                    activation(held(gate(x, recurrent, step, b, size + j), clip), functions[0], alphas[0], betas[0]);
            float candidate = activation(
                    held(x.at((int) step.at(0), b, 2 * size + j) + reset * recurrent.at(b, 2 * size + j), clip),
                    functions[1],
                    alphas[1],
                    betas[1]);
            return lasts(step, lengths, b) ? (1 - update) * candidate + update * hidden.at(b, j) : hidden.at(b, j);
        });
    }

    /** One layer with feedback: Elman's network. recurrent: [n, h]. */
    @Kernel(op = "dev.woodpecker::RnnStep")
    public static Tensor rnn(
            Tensor x,
            Tensor recurrent,
            IntTensor step,
            @Absent IntTensor lengths,
            @Absent Tensor hidden,
            int[] functions,
            float[] alphas,
            float[] betas,
            float clip) {
        return tensor(
                recurrent.size(0),
                recurrent.size(1),
                (b, j) -> lasts(step, lengths, b)
                        ? activation(held(gate(x, recurrent, step, b, j), clip), functions[0], alphas[0], betas[0])
                        : hidden.at(b, j));
    }

    /** The results of {@link #linearAttention}. */
    public record Attended(Tensor row, Tensor state) {}

    /**
     * One step of linear attention: the state takes in the key by the value, and the query reads it. q: [n, t, h, e]; k: [n,
     * t, g, e]; v: [n, t, g, f], with h a multiple of g; state: [n, g, e, f]; decay, beta: [n, t, g or 1, 1 or as many as k
     * or v has]; row: [n, h, f]. {@code rule}: 0 {@code linear}, 1 {@code gated}: the state first loses what {@code exp} of
     * decay says, 2 {@code delta}: of the value counts what the state does not give for the key already, times beta, 3
     * {@code gated_delta}. Katharopoulos et al. (2020); Yang, Kautz, Hatamizadeh, "Gated delta networks" (2025).
     */
    @Kernel(op = "dev.woodpecker::LinearAttentionStep")
    @Example(
            "q=1x16x4x32 k=1x16x4x32 v=1x16x4x32 state=1x4x32x32 step=2 decay=1x16x4x32 beta=1x16x4x1 rule=3 scale=0.2")
    public static Attended linearAttention(
            Tensor q,
            Tensor k,
            Tensor v,
            Tensor state,
            IntTensor step,
            @Absent Tensor decay,
            @Absent Tensor beta,
            int rule,
            float scale) {
        int batch = state.size(0);
        int groups = state.size(1);
        int size = state.size(2);
        int width = state.size(3);
        int heads = q.size(2);
        Tensor kept = tensor(batch, groups, size, width, (n, g, i, j) -> {
            Index at = Index.of(n, (int) step.at(0), g, i);
            return rule == 1 || rule == 3
                    ? state.at(n, g, i, j) * exp(decay.at(at.within(decay.shape())))
                    : state.at(n, g, i, j);
        });
        Tensor written = tensor(batch, groups, width, (n, g, j) -> {
            float known = sum(size, i -> kept.at(n, g, i, j) * k.at(n, (int) step.at(0), g, i));
            Index at = Index.of(n, (int) step.at(0), g, j);
            return rule >= 2 ? beta.at(at.within(beta.shape())) * (v.at(at) - known) : v.at(at);
        });
        Tensor next = tensor(
                batch,
                groups,
                size,
                width,
                (n, g, i, j) -> kept.at(n, g, i, j) + k.at(n, (int) step.at(0), g, i) * written.at(n, g, j));
        Tensor row = tensor(
                batch,
                heads,
                width,
                (n, h, j) -> scale
                        * sum(size, i -> q.at(n, (int) step.at(0), h, i) * next.at(n, h / (heads / groups), i, j)));
        return new Attended(row, next);
    }

    private static float gate(Tensor x, Tensor recurrent, IntTensor step, int b, int j) {
        return x.at((int) step.at(0), b, j) + recurrent.at(b, j);
    }

    /** Whether an example has this step still. */
    private static boolean lasts(IntTensor step, IntTensor lengths, int b) {
        return lengths.rank() == 0 || step.at(1) < lengths.at(b);
    }

    private static float held(float x, float clip) {
        return clip >= 3e38f ? x : Math.max(-clip, Math.min(clip, x));
    }

    private static float activation(float x, int function, float alpha, float beta) {
        return function == 0
                ? 1 / (1 + exp(-x))
                : function == 1
                        ? tanh(x)
                        : function == 2
                                ? Math.max(x, 0)
                                : function == 3 ? alpha * x + beta : rareActivation(x, function, alpha, beta);
    }

    private static float rareActivation(float x, int function, float alpha, float beta) {
        return function == 4
                ? x < 0 ? alpha * x : x
                : function == 5
                        ? x > alpha ? x : 0
                        : function == 6
                                ? alpha * tanh(beta * x)
                                : function == 7
                                        ? Math.max(0, Math.min(1, alpha * x + beta))
                                        : function == 8
                                                ? x < 0 ? alpha * expm1(x) : x
                                                : function == 9
                                                        ? x / (1 + Math.abs(x))
                                                        : Math.max(x, 0) + log1p(exp(-Math.abs(x)));
    }
}

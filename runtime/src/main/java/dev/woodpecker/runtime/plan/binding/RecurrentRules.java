package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Recurrent networks written out step by step: the inputs of all steps by their weights in one matrix product, then for each
 * step a product of the hidden state and a kernel for all that is done element by element.
 *
 * <pre>
 * y = RNN(x, w, r)      ->      p = MatMul(x, transposed w)
 *                               h1 = RnnStep(p, MatMul(h0, transposed r), [0, 0])
 *                               h2 = RnnStep(p, MatMul(h1, transposed r), [1, 1]) ...
 * </pre>
 */
final class RecurrentRules {
    private final Assembly made;
    private final Node node;
    private final int gates;
    private final boolean reverses;
    private final boolean bidirectional;
    private final boolean batchFirst;
    private final int steps;
    private final int batch;
    private final int size;
    private final List<RecurrentActivations> activations;

    private RecurrentRules(Node node, Values values, Scope scope, int gates) {
        this.node = node;
        this.gates = gates;
        this.made = new Assembly(node, values, scope);
        String direction = node.text("direction");
        this.bidirectional = direction.equals("bidirectional");
        this.reverses = direction.equals("reverse");
        if (!bidirectional && !reverses && !direction.equals("forward")) {
            throw made.refused("direction", "direction '" + direction + "'", "forward, reverse, bidirectional");
        }
        this.batchFirst = node.integer("layout") != 0;
        int[] x = made.shape(0);
        int[] weights = made.shape(1);
        int[] recurrence = made.shape(2);
        boolean fits = x.length == 3
                && weights.length == 3
                && recurrence.length == 3
                && recurrence[0] == directions()
                && recurrence[1] == gates * recurrence[2]
                && weights[0] == directions()
                && weights[1] == recurrence[1]
                && weights[2] == x[2];
        if (!fits) {
            throw made.refused(
                    "",
                    "X of " + java.util.Arrays.toString(x) + ", W of " + java.util.Arrays.toString(weights)
                            + " and R of " + java.util.Arrays.toString(recurrence) + " do not fit",
                    "W of [" + directions() + ", " + gates + " * hidden, input] and R of [" + directions() + ", "
                            + gates + " * hidden, hidden]");
        }
        this.steps = x[batchFirst ? 1 : 0];
        this.batch = x[batchFirst ? 0 : 1];
        this.size = recurrence[2];
        this.activations = RecurrentActivations.of(node, directions());
        WrittenOutSteps.check(node, steps);
    }

    private int directions() {
        return bidirectional ? 2 : 1;
    }

    static List<Node> lstm(Node node, Values values, Scope scope) {
        return new RecurrentRules(node, values, scope, 4).written();
    }

    static List<Node> gru(Node node, Values values, Scope scope) {
        return new RecurrentRules(node, values, scope, 3).written();
    }

    static List<Node> rnn(Node node, Values values, Scope scope) {
        return new RecurrentRules(node, values, scope, 1).written();
    }

    /** One direction's hidden states of all steps, [t, 1, n, h], and its last state. */
    private record Direction(Operand sequence, Operand hidden, Operand cell) {}

    private List<Node> written() {
        Operand x = batchFirst ? made.transposed(node.input(0), 1, 0, 2) : node.input(0);
        List<Direction> done = new ArrayList<>();
        for (int direction = 0; direction < directions(); direction++) {
            done.add(direction(x, direction));
        }
        Operand sequence = made.joined(done.stream().map(Direction::sequence).toList(), 1);
        made.output(0, batchFirst ? made.transposed(sequence, 2, 0, 1, 3) : sequence);
        Operand hidden = made.stacked(done.stream().map(Direction::hidden).toList(), 0);
        made.output(1, batchFirst ? made.transposed(hidden, 1, 0, 2) : hidden);
        if (node.output(2) instanceof Operand.Value) {
            Operand cell = made.stacked(done.stream().map(Direction::cell).toList(), 0);
            made.output(2, batchFirst ? made.transposed(cell, 1, 0, 2) : cell);
        }
        return made.nodes();
    }

    private Direction direction(Operand x, int direction) {
        boolean backwards = reverses || direction == 1;
        boolean hasLengths = node.input(4) instanceof Operand.Value;
        Operand lengths = node.input(4);
        Operand inputs = backwards && hasLengths ? reversed(x, lengths) : x;
        Cell cell = new Cell(
                projected(inputs, direction),
                made.transposed(part(2, direction, (long) gates * size, size), 1, 0),
                activations.get(direction).attributes(node),
                direction);
        Operand hidden = state(5, direction);
        Operand memory = gates == 4 ? state(6, direction) : Operand.ABSENT;
        List<Operand> rows = new ArrayList<>();
        for (int number = 0; number < steps; number++) {
            int row = backwards && !hasLengths ? steps - 1 - number : number;
            Operand step = made.vector("step", row, number);
            Step next = cell.step(hidden, memory, step, lengths);
            hidden = next.hidden();
            memory = next.memory();
            rows.add(backwards && !hasLengths ? 0 : rows.size(), hidden);
        }
        Operand sequence = made.stacked(rows, 0);
        if (hasLengths) {
            sequence = masked(sequence, lengths);
            sequence = backwards ? reversed(sequence, lengths) : sequence;
        }
        return new Direction(made.reshaped(sequence, steps, 1, batch, size), hidden, memory);
    }

    /** What a step leaves; the memory only of an LSTM. */
    private record Step(Operand hidden, Operand memory) {}

    private final class Cell {
        private final Operand projected;
        private final Operand recurrence;
        private final Map<String, Attribute> attributes;
        private final boolean resetsBefore;
        /** The weights of the gates before and after the reset, where these are multiplied apart. */
        private final Operand firstTwo;

        private final Operand last;
        private final Operand bias;
        private final Operand peepholes;

        Cell(Operand projected, Operand recurrence, Map<String, Attribute> attributes, int direction) {
            this.projected = projected;
            this.recurrence = recurrence;
            this.attributes = attributes;
            this.resetsBefore = gates == 3 && node.integer("linear_before_reset") == 0;
            this.firstTwo = resetsBefore ? made.sliced(recurrence, 1, 0, 2L * size) : Operand.ABSENT;
            this.last = resetsBefore ? made.sliced(recurrence, 1, 2L * size, 3L * size) : Operand.ABSENT;
            boolean hasBias = gates == 3 && !resetsBefore && node.input(3) instanceof Operand.Value;
            this.bias = hasBias ? recurrentBias(direction) : Operand.ABSENT;
            this.peepholes = node.input(7) instanceof Operand.Value ? part(7, direction, 3L * size) : Operand.ABSENT;
        }

        Step step(Operand hidden, Operand memory, Operand step, Operand lengths) {
            Operand old = lengths instanceof Operand.Value ? hidden : Operand.ABSENT;
            return switch (gates) {
                case 1 ->
                    new Step(
                            apply("RnnStep", List.of(projected, recurrent(hidden), step, lengths, old)),
                            Operand.ABSENT);
                case 3 -> new Step(gru(hidden, step, lengths), Operand.ABSENT);
                default -> {
                    Operand newHidden = made.fresh("hidden");
                    Operand newMemory = made.fresh("cell");
                    Map<String, Attribute> all = new java.util.TreeMap<>(attributes);
                    all.put("inputForget", Attribute.of(node.integer("input_forget")));
                    made.result(
                            new Operator(Operator.WOODPECKER, "LstmStep"),
                            List.of(projected, recurrent(hidden), memory, step, peepholes, lengths, old),
                            all,
                            List.of(newHidden, newMemory));
                    yield new Step(newHidden, newMemory);
                }
            };
        }

        private Operand gru(Operand hidden, Operand step, Operand lengths) {
            if (!resetsBefore) {
                return apply("GruStep", List.of(projected, recurrent(hidden), hidden, step, lengths));
            }
            Operand update = made.fresh("update");
            Operand reset = made.fresh("reset");
            Operand first = made.compute("MatMul", hidden, firstTwo);
            made.result(
                    new Operator(Operator.WOODPECKER, "GruGates"),
                    List.of(projected, first, hidden, step),
                    attributes,
                    List.of(update, reset));
            Operand third = made.compute("MatMul", reset, last);
            return apply("GruResetStep", List.of(projected, third, hidden, update, step, lengths));
        }

        private Operand recurrent(Operand hidden) {
            Operand product = made.compute("MatMul", hidden, recurrence);
            return bias instanceof Operand.Value ? made.compute("Add", product, bias) : product;
        }

        private Operand apply(String operator, List<Operand> inputs) {
            Operand result = made.fresh(operator);
            made.result(new Operator(Operator.WOODPECKER, operator), inputs, attributes, List.of(result));
            return result;
        }
    }

    /** A direction's part of an input of which the first axis is directions. */
    private Operand part(int input, int direction, long... shape) {
        Operand whole = node.input(input);
        Operand own = bidirectional ? made.sliced(whole, 0, direction, direction + 1L) : whole;
        return made.reshaped(own, shape);
    }

    /** The inputs of all steps by the weights, with what is added before the activations. */
    private Operand projected(Operand x, int direction) {
        int width = gates * size;
        int features = made.shape(1)[2];
        Operand weights = made.transposed(part(1, direction, width, features), 1, 0);
        Operand rows = made.compute("MatMul", made.reshaped(x, (long) steps * batch, features), weights);
        if (node.input(3) instanceof Operand.Value) {
            Operand both = part(3, direction, 2L * width);
            Operand own = made.sliced(both, 0, 0, width);
            boolean apart = gates == 3 && node.integer("linear_before_reset") != 0;
            Operand others = made.sliced(both, 0, width, 2L * width);
            Operand zeros = made.constant(
                    "zeros",
                    NdArray.of(new float[size], size).convert(made.type(3).element()));
            Operand added = apart ? made.joined(List.of(made.sliced(others, 0, 0, 2L * size), zeros), 0) : others;
            rows = made.compute("Add", rows, made.compute("Add", own, added));
        }
        return made.reshaped(rows, steps, batch, width);
    }

    /** The bias that a GRU's reset gate multiplies too; those of the other gates are with the inputs. */
    private Operand recurrentBias(int direction) {
        Operand own = made.sliced(part(3, direction, 6L * size), 0, 5L * size, 6L * size);
        Operand zeros = made.constant(
                "zeros",
                NdArray.of(new float[2 * size], 2 * size).convert(made.type(3).element()));
        return made.joined(List.of(zeros, own), 0);
    }

    /** The state before the first step: zeros where it is not given. */
    private Operand state(int input, int direction) {
        if (node.input(input) instanceof Operand.Absent) {
            return made.constant(
                    "zeros",
                    NdArray.of(new float[batch * size], batch, size)
                            .convert(made.type(0).element()));
        }
        Operand given = batchFirst ? made.transposed(node.input(input), 1, 0, 2) : node.input(input);
        Operand own = bidirectional ? made.sliced(given, 0, direction, direction + 1L) : given;
        return made.reshaped(own, batch, size);
    }

    private Operand reversed(Operand sequence, Operand lengths) {
        return made.compute(
                "ReverseSequence",
                List.of(sequence, lengths),
                Map.of("time_axis", Attribute.of(0L), "batch_axis", Attribute.of(1L)));
    }

    /** 0 where an example has ended. */
    private Operand masked(Operand sequence, Operand lengths) {
        long[] numbers = java.util.stream.LongStream.range(0, steps).toArray();
        Operand number = made.constant(
                "numbers", NdArray.of(numbers, steps, 1).convert(made.type(4).element()));
        Operand lasts = made.compute("Unsqueeze", made.compute("Less", number, lengths), made.vector("axis", 2));
        Operand zero =
                made.constant("zero", NdArray.scalar(0f).convert(made.type(0).element()));
        return made.compute("Where", lasts, sequence, zero);
    }
}

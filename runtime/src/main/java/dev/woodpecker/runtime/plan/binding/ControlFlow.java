package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Scope;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.pass.InlineSubgraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Branches and loops written out: the branch that is taken, a loop's body turn after turn. What decides is asked for as
 * what shapes depend on is: where it folds, or is given with the inputs, the plan is whole; where it is computed, the graph
 * is run up to there first.
 */
final class ControlFlow {
    /** Nodes that one loop may become. Planning takes some 0.1 ms a node, and native code as much again. */
    private static final int MOST_NODES = 50_000;

    /** Set on a loop that has made turns already; the values that these gave for scan outputs follow its inputs. */
    private static final String TURNS_DONE = "turns_done";

    private ControlFlow() {}

    /** {@code If}: the branch that the condition says. */
    static List<Node> branch(Node node, Values values, Scope scope) {
        boolean taken = number(node, 0, values) != 0;
        Graph branch = subgraph(node, taken ? "then_branch" : "else_branch");
        return new InlineSubgraph(node, branch, scope)
                .apply(
                        node.name(),
                        List.of(),
                        padded(node.outputs(), branch.outputs().size()))
                .nodes();
    }

    /** {@code Loop}: all turns where only their number counts; else one, and the loop again with what that left. */
    static List<Node> loop(Node node, Values values, Scope scope) {
        Assembly loop = new Assembly(node, values, scope);
        Graph body = subgraph(node, "body");
        boolean started = node.attribute(TURNS_DONE).isPresent();
        if (!started) {
            body = InlineSubgraph.withoutConstants(node, body, scope);
        }
        long done = started ? node.integer(TURNS_DONE) : 0;
        int carried = body.inputs().size() - 2;
        int collected = body.outputs().size() - 1 - carried;
        boolean counted = node.inputName(0).isPresent();
        boolean conditional = node.inputName(1).isPresent();
        long turns = counted ? number(node, 0, values) : Long.MAX_VALUE;
        if (!counted && !conditional) {
            throw Unbindable.unsupported(
                    node, Subject.OPERATOR, "", "a loop with neither a number of turns nor a condition has no end", "");
        }
        List<Operand> state = new ArrayList<>(padded(node.inputs(), 2 + carried).subList(2, 2 + carried));
        List<Operand> given = node.inputs().size() > 2 + carried
                ? node.inputs().subList(2 + carried, node.inputs().size())
                : List.of();
        List<Operand> scanned = new ArrayList<>(given);
        if (done >= turns || conditional && number(node, 1, values) == 0) {
            finish(loop, body, state, scanned, collected);
            return loop.nodes();
        }
        long now = conditional ? 1 : turns;
        requireBound(node, body, conditional ? done + 1 : turns);
        InlineSubgraph inlined = new InlineSubgraph(node, body, scope);
        String goesOn =
                loop.constant("goes_on", NdArray.scalar(true)) instanceof Operand.Value(String name) ? name : "";
        for (long turn = done; turn < done + now; turn++) {
            String number = scope.constant(node.name() + "_turn", NdArray.scalar(turn));
            List<String> arguments = new ArrayList<>(List.of(number, goesOn));
            state.forEach(value -> arguments.add(name(node, value)));
            InlineSubgraph.Inlined made = inlined.apply(
                    base(node, done) + "/" + turn,
                    arguments,
                    padded(List.of(), body.outputs().size()));
            loop.add(made.nodes());
            List<Operand> outputs = made.outputs().stream().map(Operand::of).toList();
            state = new ArrayList<>(outputs.subList(1, 1 + carried));
            scanned.addAll(outputs.subList(1 + carried, outputs.size()));
            goesOn = conditional ? made.outputs().getFirst() : goesOn;
        }
        if (conditional) {
            List<Operand> inputs = new ArrayList<>(List.of(node.input(0), Operand.of(goesOn)));
            inputs.addAll(state);
            inputs.addAll(scanned);
            loop.add(List.of(node.withInputs(inputs)
                    .with("body", new Attribute.Subgraph(body))
                    .with(TURNS_DONE, Attribute.of(done + 1))));
        } else {
            finish(loop, body, state, scanned, collected);
        }
        return loop.nodes();
    }

    private static String base(Node node, long done) {
        return node.name() + (done == 0 ? "" : "/" + done);
    }

    /** The last turn's values, and what all turns gave for the scan outputs, stacked. */
    private static void finish(Assembly loop, Graph body, List<Operand> state, List<Operand> scanned, int collected) {
        for (int i = 0; i < state.size(); i++) {
            loop.output(i, state.get(i));
        }
        for (int i = 0; i < collected; i++) {
            if (loop.around().output(state.size() + i) instanceof Operand.Value) {
                List<Operand> parts = new ArrayList<>();
                for (int position = i; position < scanned.size(); position += collected) {
                    parts.add(scanned.get(position));
                }
                String output = body.outputs().get(1 + state.size() + i);
                loop.output(
                        state.size() + i,
                        parts.isEmpty() ? nothing(loop, output, body.type(output)) : loop.stacked(parts, 0));
            }
        }
    }

    /** A scan output of a loop that made no turn: its type is what the body declares. */
    private static Operand nothing(Assembly loop, String output, Optional<TensorType> declared) {
        TensorType type = declared.filter(known -> known.shape().isKnown())
                .orElseThrow(() -> loop.refused(
                        "body",
                        "the loop makes no turn, and its body does not say of which shape its output '" + output
                                + "' is",
                        "bodies that declare the shapes of their outputs, where there may be no turn"));
        int[] extents = type.shape().extents();
        int[] shape = new int[extents.length + 1];
        System.arraycopy(extents, 0, shape, 1, extents.length);
        return loop.constant("nothing", NdArray.allocate(type.element(), shape));
    }

    /** {@code Scan}: its body once for each position of the scanned axis. */
    static List<Node> scan(Node node, Values values, Scope scope) {
        Assembly scan = new Assembly(node, values, scope);
        Graph body = subgraph(node, "body");
        int scannedInputs = (int) node.integer("num_scan_inputs");
        int carried = node.inputs().size() - scannedInputs;
        int collected = body.outputs().size() - carried;
        if (scannedInputs < 1
                || carried < 0
                || collected < 0
                || body.inputs().size() != node.inputs().size()) {
            throw scan.refused(
                    "num_scan_inputs",
                    scannedInputs + " of " + node.inputs().size() + " inputs are scanned, and the body has "
                            + body.inputs().size() + " inputs and "
                            + body.outputs().size() + " outputs",
                    "as many inputs of the body as of the node, and an output for each value that is carried");
        }
        long[] axes = list(node, "scan_input_axes", scannedInputs);
        long[] directions = list(node, "scan_input_directions", scannedInputs);
        long[] outputAxes = list(node, "scan_output_axes", collected);
        long[] outputDirections = list(node, "scan_output_directions", collected);
        int turns = turns(scan, carried, axes);
        requireBound(node, body, turns);
        List<String> state = new ArrayList<>();
        for (int i = 0; i < carried; i++) {
            state.add(name(node, node.input(i)));
        }
        List<List<Operand>> parts = new ArrayList<>();
        for (int i = 0; i < collected; i++) {
            parts.add(new ArrayList<>());
        }
        InlineSubgraph inlined = new InlineSubgraph(node, body, scope);
        for (int turn = 0; turn < turns; turn++) {
            List<String> arguments = new ArrayList<>(state);
            for (int i = 0; i < scannedInputs; i++) {
                int rank = scan.shape(carried + i).length;
                long position = directions[i] == 0 ? turn : turns - 1 - turn;
                int axis = Math.floorMod(axes[i], rank);
                Operand row = scan.sliced(node.input(carried + i), axis, position, position + 1);
                arguments.add(name(node, scan.compute("Squeeze", row, scan.vector("axis", axis))));
            }
            InlineSubgraph.Inlined made = inlined.apply(
                    node.name() + "/" + turn,
                    arguments,
                    padded(List.of(), body.outputs().size()));
            scan.add(made.nodes());
            state = made.outputs().subList(0, carried);
            for (int i = 0; i < collected; i++) {
                Operand part = Operand.of(made.outputs().get(carried + i));
                parts.get(i).add(outputDirections[i] == 0 ? parts.get(i).size() : 0, part);
            }
        }
        for (int i = 0; i < carried; i++) {
            scan.output(i, Operand.of(state.get(i)));
        }
        for (int i = 0; i < collected; i++) {
            if (node.output(carried + i) instanceof Operand.Value) {
                scan.output(carried + i, scan.stacked(parts.get(i), (int) outputAxes[i]));
            }
        }
        return scan.nodes();
    }

    private static int turns(Assembly scan, int carried, long[] axes) {
        int[] extents = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            int[] shape = scan.shape(carried + i);
            if (axes[i] < -shape.length || axes[i] >= shape.length) {
                throw scan.refused(
                        "scan_input_axes", "axis " + axes[i] + " of " + Arrays.toString(shape), "an axis of the input");
            }
            extents[i] = shape[Math.floorMod(axes[i], shape.length)];
        }
        if (Arrays.stream(extents).anyMatch(extent -> extent != extents[0] || extent == 0)) {
            throw scan.refused(
                    "scan_input_axes",
                    "axes of extents " + Arrays.toString(extents),
                    "scanned axes of one extent, at least 1");
        }
        return extents[0];
    }

    private static void requireBound(Node node, Graph body, long turns) {
        long most = MOST_NODES / Math.max(1, body.nodes().size());
        if (turns > most) {
            throw Unbindable.unsupported(
                    node,
                    Subject.OPERATOR,
                    "",
                    (turns == most + 1 ? "more than " + most : turns) + " turns of a body of "
                            + body.nodes().size() + " nodes: turns are written out one by one",
                    "up to " + MOST_NODES + " nodes in all; export the model with an operator in the loop's place, or"
                            + " with fewer turns");
        }
    }

    private static Graph subgraph(Node node, String attribute) {
        return node.attribute(attribute)
                .filter(Attribute.Subgraph.class::isInstance)
                .map(value -> ((Attribute.Subgraph) value).value())
                .orElseThrow(() -> Unbindable.unsupported(
                        node, Subject.ATTRIBUTE, attribute, "it has no graph '" + attribute + "'", "a graph"));
    }

    /** The element of an input of one element. */
    private static long number(Node node, int input, Values values) {
        String name = name(node, node.input(input));
        NdArray value = values.constant(name).orElseThrow(() -> Unbindable.needs(name));
        if (value.elements() != 1 || value.type() != DType.BOOL && !value.type().isInteger()) {
            throw Unbindable.unsupported(
                    node, Subject.OPERATOR, "", "input " + input + " is " + value + ", not one number or truth", "");
        }
        return value.getLong(0);
    }

    private static String name(Node node, Operand operand) {
        return switch (operand) {
            case Operand.Value(String name) -> name;
            case Operand.Absent _ ->
                throw Unbindable.unsupported(node, Subject.OPERATOR, "", "an input of it is missing", "");
        };
    }

    /** A list of numbers, all 0 where it is not given. */
    private static long[] list(Node node, String attribute, int length) {
        long[] given = node.attribute(attribute).isPresent() ? node.integers(attribute) : new long[length];
        if (given.length != length) {
            throw Unbindable.unsupported(
                    node,
                    Subject.ATTRIBUTE,
                    attribute,
                    attribute + " has " + given.length + " numbers",
                    length + " numbers");
        }
        return given;
    }

    private static List<Operand> padded(List<Operand> operands, int count) {
        List<Operand> padded = new ArrayList<>(operands);
        while (padded.size() < count) {
            padded.add(Operand.ABSENT);
        }
        return padded;
    }
}

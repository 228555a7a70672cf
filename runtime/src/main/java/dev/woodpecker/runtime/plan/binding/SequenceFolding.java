package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import dev.woodpecker.runtime.graph.pass.InlineSubgraph;
import dev.woodpecker.runtime.plan.binding.NodeExpansions.Expanded;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Sequences inside a graph, which are but names of tensors: who is in them is known when the plan is made, so that only the
 * tensors are left.
 *
 * <pre>
 * s = SplitToSequence(x); y = SequenceAt(s, 1)      ->      y = Slice(x, ...)
 * </pre>
 */
public final class SequenceFolding {
    private static final Map<String, Rule> RULES = Map.ofEntries(
            entry("ConcatFromSequence", SequenceFolding::joined),
            entry("Identity", SequenceFolding::same),
            entry("SequenceAt", SequenceFolding::at),
            entry("SequenceConstruct", SequenceFolding::constructed),
            entry("SequenceEmpty", (folding, made) -> folding.define(made, List.of())),
            entry("SequenceErase", SequenceFolding::erased),
            entry("SequenceInsert", SequenceFolding::inserted),
            entry("SequenceLength", SequenceFolding::length),
            entry("SequenceMap", SequenceFolding::mapped),
            entry("SplitToSequence", SequenceFolding::split));

    private final Map<String, List<String>> members = new LinkedHashMap<>();

    @FunctionalInterface
    private interface Rule {
        void apply(SequenceFolding folding, Assembly made);
    }

    /** The operators on sequences. */
    static Set<String> operators() {
        Set<String> operators = new TreeSet<>(RULES.keySet());
        operators.remove("Identity");
        return operators;
    }

    /** The nodes on tensors that are left of one on sequences; none if it is another. */
    public Expanded fold(Node node, Values values, Scope scope) {
        Rule rule = RULES.get(node.operator().toString());
        boolean passesTensor = node.operator().isOnnx("Identity")
                && !members.containsKey(node.inputName(0).orElse(""));
        if (rule == null || passesTensor) {
            return new Expanded.None();
        }
        Assembly made = new Assembly(node, values, scope);
        try {
            rule.apply(this, made);
            return new Expanded.Nodes(made.nodes());
        } catch (Unbindable unbindable) {
            return new Expanded.Failed(unbindable.result());
        }
    }

    /** Nodes that make the sequences anew that these nodes read: for a graph that goes on after a part of it has run. */
    public List<Node> remade(List<Node> readers, Scope scope) {
        Set<String> used = new HashSet<>();
        readers.forEach(node -> used.addAll(node.usedNames()));
        List<Node> nodes = new ArrayList<>();
        members.forEach((sequence, names) -> {
            if (used.contains(sequence)) {
                nodes.add(new Node(
                        scope.fresh(sequence + "_again"),
                        Operator.onnx("SequenceConstruct"),
                        names.stream().map(Operand::of).toList(),
                        List.of(Operand.of(sequence)),
                        Map.of(),
                        List.of()));
            }
        });
        return nodes;
    }

    private void define(Assembly made, List<String> names) {
        made.around().outputName(0).ifPresent(output -> members.put(output, List.copyOf(names)));
    }

    private List<String> sequence(Assembly made, int input) {
        String name = name(made, made.around().input(input));
        List<String> names = members.get(name);
        if (names == null) {
            throw made.refused("", "'" + name + "' is no sequence of this graph", "sequences that the graph makes");
        }
        return names;
    }

    private static String name(Assembly made, Operand operand) {
        return switch (operand) {
            case Operand.Value(String name) -> name;
            case Operand.Absent _ -> throw made.refused("", "an input of it is missing", "");
        };
    }

    private void same(Assembly made) {
        define(made, sequence(made, 0));
    }

    private void constructed(Assembly made) {
        define(
                made,
                made.around().inputs().stream().map(input -> name(made, input)).toList());
    }

    private void at(Assembly made) {
        List<String> names = sequence(made, 0);
        int position = position(made, 1, names.size(), names.size() - 1).orElse(0);
        made.output(0, Operand.of(names.get(position)));
    }

    private void inserted(Assembly made) {
        List<String> names = new ArrayList<>(sequence(made, 0));
        int position = position(made, 2, names.size(), names.size()).orElse(names.size());
        names.add(position, name(made, made.around().input(1)));
        define(made, names);
    }

    private void erased(Assembly made) {
        List<String> names = new ArrayList<>(sequence(made, 0));
        names.remove(position(made, 1, names.size(), names.size() - 1).orElse(names.size() - 1));
        define(made, names);
    }

    private void length(Assembly made) {
        made.output(0, made.constant("length", NdArray.scalar((long)
                sequence(made, 0).size())));
    }

    private void joined(Assembly made) {
        List<Operand> parts = sequence(made, 0).stream().map(Operand::of).toList();
        int axis = (int) made.around().integer("axis");
        boolean isNew = made.around().integer("new_axis") != 0;
        made.output(0, isNew ? made.stacked(parts, axis) : made.joined(parts, axis));
    }

    /** The body once for each member; what is no sequence goes into each. */
    private void mapped(Assembly made) {
        Node node = made.around();
        if (!(node.attribute("body").orElse(null) instanceof Attribute.Subgraph(Graph body))) {
            throw made.refused("body", "it has no graph 'body'", "a graph");
        }
        int size = sequence(made, 0).size();
        InlineSubgraph inlined = new InlineSubgraph(node, body, made.scope());
        Map<Integer, List<String>> results = new HashMap<>();
        for (int i = 0; i < size; i++) {
            List<String> arguments = new ArrayList<>();
            for (Operand input : node.inputs()) {
                String name = name(made, input);
                List<String> names = members.get(name);
                arguments.add(names == null ? name : names.get(i));
            }
            List<Operand> absent =
                    body.outputs().stream().map(_ -> Operand.ABSENT).toList();
            InlineSubgraph.Inlined one = inlined.apply(node.name() + "/" + i, arguments, absent);
            made.add(one.nodes());
            for (int output = 0; output < one.outputs().size(); output++) {
                results.computeIfAbsent(output, _ -> new ArrayList<>())
                        .add(one.outputs().get(output));
            }
        }
        for (int output = 0; output < body.outputs().size(); output++) {
            List<String> names = List.copyOf(results.getOrDefault(output, List.of()));
            node.outputName(output).ifPresent(name -> members.put(name, names));
        }
    }

    /** Parts of the lengths given, all of one length, or of single elements whose axis may go. */
    private void split(Assembly made) {
        Node node = made.around();
        int[] shape = made.shape(0);
        int axis = Math.floorMod(node.integer("axis"), shape.length);
        List<Long> lengths = new ArrayList<>();
        boolean single = node.inputName(1).isEmpty();
        if (single) {
            for (int i = 0; i < shape[axis]; i++) {
                lengths.add(1L);
            }
        } else {
            String name = node.inputName(1).orElseThrow();
            NdArray given = made.values().constant(name).orElseThrow(() -> Unbindable.needs(name));
            long left = shape[axis];
            for (int i = 0; given.rank() == 0 ? left > 0 && given.getLong(0) > 0 : i < given.elements(); i++) {
                lengths.add(given.rank() == 0 ? Math.min(left, given.getLong(0)) : given.getLong(i));
                left -= lengths.getLast();
            }
            if (left != 0) {
                throw made.refused(
                        "split",
                        "parts of lengths " + lengths + " of an axis of " + shape[axis],
                        "parts that make it up");
            }
        }
        boolean squeezes = single && node.integer("keepdims") == 0;
        List<String> names = new ArrayList<>();
        long start = 0;
        for (long length : lengths) {
            Operand part = made.sliced(node.input(0), axis, start, start + length);
            names.add(name(made, squeezes ? made.compute("Squeeze", part, made.vector("axis", axis)) : part));
            start += length;
        }
        define(made, names);
    }

    /** A position, counted from the front; empty if it is not given. */
    private static OptionalInt position(Assembly made, int input, int size, int most) {
        if (made.around().inputName(input).isEmpty()) {
            return most < 0 ? OptionalInt.of(outside(made, 0, size)) : OptionalInt.empty();
        }
        String name = made.around().inputName(input).orElseThrow();
        long given = made.values()
                .constant(name)
                .orElseThrow(() -> Unbindable.needs(name))
                .getLong(0);
        long position = given < 0 ? given + size : given;
        return OptionalInt.of(position < 0 || position > most ? outside(made, given, size) : (int) position);
    }

    private static int outside(Assembly made, long position, int size) {
        throw made.refused("", "position " + position + " of a sequence of " + size, "a position in the sequence");
    }
}

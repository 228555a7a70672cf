package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Operators that are several applications of others: any number of inputs, several parts. */
public final class NodeExpansions {
    private static final Map<String, Expansion> TABLE = Map.ofEntries(
            entry("Attention", AttentionRules::headsApart),
            entry("CastLike", NodeExpansions::castLike),
            entry("CausalConvWithState", WindowExpansions::causalConvolution),
            entry("CenterCropPad", WindowExpansions::centerCropPad),
            entry("Col2Im", WindowExpansions::col2im),
            entry("Einsum", EinsumRules::einsum),
            entry("GRU", RecurrentRules::gru),
            entry("If", ControlFlow::branch),
            entry("LSTM", RecurrentRules::lstm),
            entry("LinearAttention", LinearAttentionRules::steps),
            entry("Loop", ControlFlow::loop),
            entry("Max", NodeExpansions::pairs),
            entry("MaxUnpool", WindowExpansions::maxUnpool),
            entry("Mean", NodeExpansions::mean),
            entry("Min", NodeExpansions::pairs),
            entry("OneHot", NodeExpansions::oneHot),
            entry("OptionalGetElement", NodeExpansions::optionalElement),
            entry("OptionalHasElement", NodeExpansions::hasElement),
            entry("Resize", ResizeExpansion::byAxis),
            entry("RNN", RecurrentRules::rnn),
            entry("Scan", ControlFlow::scan),
            entry("Split", NodeExpansions::split),
            entry("Sum", NodeExpansions::pairs));

    private static final Map<String, String> PAIRWISE = Map.of("Max", "Max", "Mean", "Add", "Min", "Min", "Sum", "Add");

    private NodeExpansions() {}

    /** The nodes that one stands for; itself alone where it needs no others. */
    @FunctionalInterface
    private interface Expansion {
        List<Node> expand(Node node, Values values, Scope scope);
    }

    /** What became of a node. */
    public sealed interface Expanded {
        record Nodes(List<Node> nodes) implements Expanded {}

        record Failed(BindingResult reason) implements Expanded {}

        /** The node stands for itself. */
        record None() implements Expanded {}
    }

    /** The operators that are expanded, sorted. */
    public static Set<String> operators() {
        Set<String> operators = new TreeSet<>(TABLE.keySet());
        operators.addAll(SequenceFolding.operators());
        return operators;
    }

    public static Expanded expand(Node node, Values values, Scope scope) {
        Expansion expansion = TABLE.get(node.operator().toString());
        boolean isWhole = node.operator().isOnnx("OneHot")
                && values.type(node.inputName(0).orElse(""))
                        .filter(type -> type.element().isFloat())
                        .isEmpty();
        boolean isPair = PAIRWISE.getOrDefault(node.operator().toString(), "")
                        .equals(node.operator().name())
                && node.inputs().size() == 2;
        if (expansion == null || isPair || isWhole) {
            return new Expanded.None();
        }
        try {
            List<Node> nodes = expansion.expand(node, values, scope);
            return nodes.equals(List.of(node)) ? new Expanded.None() : new Expanded.Nodes(nodes);
        } catch (Unbindable unbindable) {
            return new Expanded.Failed(unbindable.result());
        }
    }

    /** Cast to the type of the second input. */
    private static List<Node> castLike(Node node, Values values, Scope scope) {
        DType type = type(node, 1, values).element();
        return List.of(node.withOperator(Operator.onnx("Cast"))
                .withInputs(List.of(node.input(0)))
                .with("to", new Attribute.ElementType(type)));
    }

    /** Of a tensor, itself. */
    private static List<Node> optionalElement(Node node, Values values, Scope scope) {
        return List.of(node.withOperator(Operator.onnx("Identity")));
    }

    /** A tensor is there if it is given. */
    private static List<Node> hasElement(Node node, Values values, Scope scope) {
        String answer = scope.constant(
                node.name() + "_answer", NdArray.scalar(node.inputName(0).isPresent()));
        return List.of(node.withOperator(Operator.onnx("Identity")).withInputs(List.of(Operand.of(answer))));
    }

    /** Indices that are floats are made integers first. */
    private static List<Node> oneHot(Node node, Values values, Scope scope) {
        Operand indices = Operand.of(scope.fresh(node.name() + "_indices"));
        Node cast = new Node(
                scope.fresh(node.name() + "_Cast"),
                Operator.onnx("Cast"),
                List.of(node.input(0)),
                List.of(indices),
                Map.of("to", new Attribute.ElementType(DType.I64)),
                node.sources());
        return List.of(cast, node.withInput(0, indices));
    }

    /** {@code Sum(a, b, c)} is {@code Add(Add(a, b), c)}. */
    private static List<Node> pairs(Node node, Values values, Scope scope) {
        String operator = PAIRWISE.getOrDefault(node.operator().name(), "");
        List<Node> nodes = new ArrayList<>();
        Operand total = node.input(0);
        for (int i = 1; i < node.inputs().size(); i++) {
            boolean last = i == node.inputs().size() - 1;
            Operand result = last ? node.output(0) : Operand.of(scope.fresh(node.name() + "_" + i));
            String name = last ? node.name() : scope.fresh(node.name() + "_" + operator + i);
            nodes.add(new Node(
                    name,
                    Operator.onnx(operator),
                    List.of(total, node.input(i)),
                    List.of(result),
                    Map.of(),
                    node.sources()));
            total = result;
        }
        if (nodes.isEmpty()) {
            nodes.add(node.withOperator(Operator.onnx("Identity")).withAttributes(Map.of()));
        }
        return nodes;
    }

    private static List<Node> mean(Node node, Values values, Scope scope) {
        if (node.inputs().size() == 1) {
            return pairs(node, values, scope);
        }
        String sum = scope.fresh(node.name() + "_sum");
        List<Node> nodes = new ArrayList<>(pairs(node.withOutputs(List.of(Operand.of(sum))), values, scope));
        Node last = nodes.removeLast();
        nodes.add(new Node(
                scope.fresh(node.name() + "_Add"),
                last.operator(),
                last.inputs(),
                last.outputs(),
                last.attributes(),
                last.sources()));
        DType type = type(node, 0, values).element();
        NdArray count = NdArray.scalar((float) node.inputs().size()).convert(type);
        nodes.add(new Node(
                node.name(),
                Operator.onnx("Div"),
                List.of(Operand.of(sum), Operand.of(scope.constant(node.name() + "_count", count))),
                node.outputs(),
                Map.of(),
                node.sources()));
        return nodes;
    }

    /** One Slice for each part. */
    private static List<Node> split(Node node, Values values, Scope scope) {
        int[] shape = type(node, 0, values).shape().extents();
        long given = node.integer("axis");
        int axis = (int) (given < 0 ? given + shape.length : given);
        if (axis < 0 || axis >= shape.length) {
            throw Unbindable.attribute(
                    new NodeCall(node, Map.of(), Map.of(), Map.of()),
                    "axis",
                    "axis = " + given,
                    "an axis of the input");
        }
        long[] lengths = lengths(node, shape[axis], values);
        List<Node> nodes = new ArrayList<>();
        long start = 0;
        for (int i = 0; i < lengths.length; i++) {
            long end = start + lengths[i];
            if (node.output(i) instanceof Operand.Value part) {
                nodes.add(new Node(
                        scope.fresh(node.name() + "_" + i),
                        Operator.onnx("Slice"),
                        List.of(
                                node.input(0),
                                vector(scope, node.name() + "_start", start),
                                vector(scope, node.name() + "_end", end),
                                vector(scope, node.name() + "_axis", axis)),
                        List.of(part),
                        Map.of(),
                        node.sources()));
            }
            start = end;
        }
        return nodes;
    }

    private static long[] lengths(Node node, int extent, Values values) {
        Optional<String> input = node.inputName(1);
        if (input.isPresent()) {
            long[] lengths = values.constant(input.get())
                    .orElseThrow(() -> Unbindable.needs(input.get()))
                    .toLongArray();
            long total = java.util.Arrays.stream(lengths).sum();
            if (total != extent) {
                throw Unbindable.attribute(
                        new NodeCall(node, Map.of(), Map.of(), Map.of()),
                        "split",
                        "parts of " + total + " elements in all on an axis of " + extent,
                        "parts that make up the axis");
            }
            return lengths;
        }
        int parts = (int) node.integer("num_outputs");
        long each = Math.ceilDiv(extent, parts);
        long[] lengths = new long[parts];
        for (int i = 0; i < parts; i++) {
            lengths[i] = Math.clamp(extent - i * each, 0, each);
        }
        return lengths;
    }

    private static Operand vector(Scope scope, String base, long value) {
        return Operand.of(scope.constant(base, NdArray.of(new long[] {value}, 1)));
    }

    private static TensorType type(Node node, int input, Values values) {
        String name = node.inputName(input)
                .orElseThrow(() -> Unbindable.attribute(
                        new NodeCall(node, Map.of(), Map.of(), Map.of()), "", "input " + input + " is missing", ""));
        return values.type(name).orElseThrow(() -> Unbindable.needs(name));
    }
}

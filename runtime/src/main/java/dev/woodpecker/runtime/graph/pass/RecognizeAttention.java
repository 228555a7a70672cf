package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Makes one node of scaled dot-product attention that is written out: products of queries and keys, scaled before or after,
 * perhaps a mask that is added, softmax over the keys, and products with the values. Factors are multiplied in another order,
 * so that the last digits may differ; a query for which the mask leaves no key yields 0 and not NaN.
 *
 * <pre>
 * t = Transpose(k) {perm=[0, 1, 3, 2]}; s = MatMul(q, t); d = Div(s, 8); m = Add(d, mask)
 * w = Softmax(m); y = MatMul(w, v)                                  ->      y = Attention(q, k, v, mask) {scale=0.125}
 *
 * t = Transpose(x) {perm=[0, 2, 3, 1]}; ... MatMul(q, t) ...        ->      k = Transpose(x) {perm=[0, 2, 1, 3]}; ...
 * </pre>
 *
 * <p>Batches of matrices without heads, {@code [n, l, e]}, become the heads of one batch: those reshapes copy nothing.
 */
public final class RecognizeAttention {
    private static final Set<String> VIEWS = Set.of("Reshape", "Flatten");

    private final Graph graph;
    private final Pattern pattern;
    private final GraphEditor editor;
    /** Of values that this pass makes. */
    private final Map<String, TensorType> made = new HashMap<>();

    private RecognizeAttention(Graph graph) {
        this.graph = graph;
        this.pattern = Pattern.of(graph);
        this.editor = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        RecognizeAttention pass = new RecognizeAttention(graph);
        Set<Node> gone = new HashSet<>();
        for (Node node : graph.nodes()) {
            Optional<Match> match =
                    node.operator().isOnnx("Softmax") ? pass.weights(node).flatMap(pass::match) : Optional.empty();
            if (match.isPresent() && match.get().nodes().stream().noneMatch(gone::contains)) {
                gone.addAll(match.get().nodes());
                pass.replace(match.get());
            }
        }
        return gone.isEmpty() ? graph : pass.editor.finish();
    }

    /**
     * A softmax and the views around it.
     *
     * @param logits what it is of
     * @param last whose result are the weights
     */
    private record Weights(Operand logits, Node last, Set<Node> nodes) {}

    /** A value without the constant factor that it has, where nothing else needs it with that. */
    private record Scaled(double scale, Operand value, Set<Node> nodes) {}

    /**
     * The keys before they are transposed.
     *
     * @param axes of {@code value} that are to be read for the axes of the keys; empty if it is the keys
     */
    private record Keys(double scale, Operand value, List<Long> axes, Set<Node> nodes) {}

    private record Match(
            Operand q, Keys keys, Operand v, Optional<Operand> mask, double scale, Node last, Set<Node> nodes) {}

    /** Softmax over the last axis. Older models see what has more axes as a matrix for it. */
    private Optional<Weights> weights(Node softmax) {
        Operand logits = softmax.input(0);
        if (type(logits).isEmpty() || Math.floorMod(softmax.integer("axis"), rank(logits)) != rank(logits) - 1) {
            return Optional.empty();
        }
        Optional<Node> before = view(logits).filter(view -> lastExtent(view.input(0)) == lastExtent(logits));
        Optional<Node> after = softmax.outputName(0)
                .flatMap(pattern.uses()::onlyReader)
                .filter(RecognizeAttention::isView)
                .filter(view -> before.isPresent()
                        && pattern.sameType(view.output(0), before.get().input(0)));
        if (before.isEmpty() || after.isEmpty()) {
            return Optional.of(new Weights(logits, softmax, Set.of(softmax)));
        }
        return Optional.of(new Weights(before.get().input(0), after.get(), Set.of(before.get(), softmax, after.get())));
    }

    private Optional<Node> view(Operand value) {
        return pattern.uses().producer(value).filter(RecognizeAttention::isView);
    }

    private static boolean isView(Node node) {
        return node.operator().isOnnx() && VIEWS.contains(node.operator().name());
    }

    private Optional<Match> match(Weights weights) {
        Optional<Node> context = pattern.onlyReader(weights.last(), "MatMul")
                .filter(node -> node.input(0).equals(weights.last().output(0))
                        && !node.input(1).equals(node.input(0)));
        if (context.isEmpty()) {
            return Optional.empty();
        }
        Optional<Node> sum = pattern.producer(weights.logits(), "Add");
        for (List<Operand> order : sum.map(Pattern::orders).orElse(List.of())) {
            Optional<Match> masked = match(weights, order.get(0), Optional.of(order.get(1)), sum, context.get());
            if (masked.isPresent()) {
                return masked;
            }
        }
        return match(weights, weights.logits(), Optional.empty(), Optional.empty(), context.get());
    }

    private Optional<Match> match(
            Weights weights, Operand scaled, Optional<Operand> mask, Optional<Node> sum, Node context) {
        Pattern.Product scores = pattern.product(scaled);
        Optional<Node> product = scores.factors().size() == 1
                ? pattern.producer(scores.factors().getFirst(), "MatMul")
                : Optional.empty();
        Optional<Keys> keys = product.flatMap(node -> keys(node.input(1)));
        if (keys.isEmpty()) {
            return Optional.empty();
        }
        Scaled queries = scaled(product.get().input(0));
        Set<Node> nodes = new LinkedHashSet<>(weights.nodes());
        sum.ifPresent(nodes::add);
        nodes.addAll(scores.nodes());
        nodes.add(product.get());
        nodes.addAll(queries.nodes());
        nodes.addAll(keys.get().nodes());
        nodes.add(context);
        double scale = scores.scale() * queries.scale() * keys.get().scale();
        Match match = new Match(queries.value(), keys.get(), context.input(1), mask, scale, context, nodes);
        boolean fits = shapesFit(product.get(), context)
                && mask.stream().allMatch(m -> masks(m, product.get().output(0)))
                && pattern.isClosed(nodes, context);
        return fits ? Optional.of(match) : Optional.empty();
    }

    /** The value less its constant factors, if it is read with them at one place alone. */
    private Scaled scaled(Operand value) {
        Pattern.Product product = pattern.product(value);
        boolean taken = product.factors().size() == 1 && isReadOnce(value);
        return taken
                ? new Scaled(product.scale(), product.factors().getFirst(), product.nodes())
                : new Scaled(1, value, Set.of());
    }

    private boolean isReadOnce(Operand value) {
        return value instanceof Operand.Value(String name)
                && pattern.uses().onlyReader(name).isPresent();
    }

    /** Keys that a Transpose made columns of; scaled before or after it. */
    private Optional<Keys> keys(Operand columns) {
        Scaled after = scaled(columns);
        Optional<Node> transpose = pattern.producer(after.value(), "Transpose");
        if (transpose.isEmpty()) {
            return Optional.empty();
        }
        List<Long> axes = new ArrayList<>();
        for (long axis : transpose.get().integers("perm")) {
            axes.add(axis);
        }
        int rank = axes.size();
        if (rank < 2) {
            return Optional.empty();
        }
        axes.add(rank - 2, axes.removeLast());
        boolean same = IntStream.range(0, rank).allMatch(i -> axes.get(i) == i);
        Set<Node> nodes = new LinkedHashSet<>(after.nodes());
        if (!isReadOnce(after.value())) {
            return Optional.of(new Keys(after.scale(), transpose.get().input(0), same ? List.of() : axes, nodes));
        }
        Scaled before = scaled(transpose.get().input(0));
        nodes.add(transpose.get());
        nodes.addAll(before.nodes());
        return Optional.of(new Keys(after.scale() * before.scale(), before.value(), same ? List.of() : axes, nodes));
    }

    /** Whether there are as many matrices of each kind, of 32-bit floats, with heads on one axis or on none. */
    private boolean shapesFit(Node product, Node context) {
        List<Operand> matrices = List.of(product.input(0), product.input(1), product.output(0), context.input(1));
        if (!matrices.stream()
                .allMatch(m -> type(m).filter(t -> t.element() == DType.F32).isPresent())) {
            return false;
        }
        int rank = rank(product.output(0));
        return (rank == 3 || rank == 4)
                && matrices.stream().allMatch(m -> rank(m) == rank)
                && matrices.stream()
                        .allMatch(m -> IntStream.range(0, rank - 2)
                                .allMatch(axis -> extents(m)[axis] == extents(product.output(0))[axis]));
    }

    /** Whether a value broadcasts to the scores with an element for each key. */
    private boolean masks(Operand mask, Operand scores) {
        if (type(mask).filter(t -> t.element() == DType.F32).isEmpty()
                || rank(mask) == 0
                || rank(mask) > rank(scores)
                || lastExtent(mask) != lastExtent(scores)) {
            return false;
        }
        int skipped = rank(scores) - rank(mask);
        return IntStream.range(0, rank(mask))
                .allMatch(axis -> extents(mask)[axis] == 1 || extents(mask)[axis] == extents(scores)[skipped + axis]);
    }

    private void replace(Match match) {
        String name = match.last().name() + "/attention";
        List<Node> nodes = new ArrayList<>();
        Operand k = match.keys().value();
        if (!match.keys().axes().isEmpty()) {
            k = transposed(name, k, match.keys().axes(), nodes);
        }
        boolean hasHeads = rank(match.q()) == 4;
        List<Operand> inputs = new ArrayList<>();
        for (Operand matrices : List.of(match.q(), k, match.v())) {
            inputs.add(hasHeads ? matrices : withHeads(name, matrices, nodes));
        }
        match.mask().ifPresent(inputs::add);
        Operand result = match.last().output(0);
        Operand heads = hasHeads ? result : value(name, withHeads(typeOf(result)));
        nodes.add(new Node(
                name,
                Operator.onnx("Attention"),
                inputs,
                List.of(heads),
                Map.of(
                        "is_causal", Attribute.of(0L),
                        "left_window_size", Attribute.of(-1L),
                        "qk_matmul_output_mode", Attribute.of(0L),
                        "right_window_size", Attribute.of(-1L),
                        "scale", Attribute.of((float) match.scale()),
                        "softcap", Attribute.of(0f)),
                pattern.sources(match.nodes())));
        if (!hasHeads) {
            nodes.add(reshape(name, heads, result));
        }
        match.nodes().forEach(editor::remove);
        editor.replace(match.last(), nodes.toArray(Node[]::new));
    }

    private Operand transposed(String name, Operand value, List<Long> axes, List<Node> nodes) {
        int[] extents =
                axes.stream().mapToInt(axis -> extents(value)[axis.intValue()]).toArray();
        Operand keys = value(name + "_keys", TensorType.of(DType.F32, extents));
        nodes.add(new Node(
                editor.fresh(name + "/keys"),
                Operator.onnx("Transpose"),
                List.of(value),
                List.of(keys),
                Map.of("perm", Attribute.of(axes.stream().mapToLong(a -> a).toArray())),
                pattern.uses().producer(value).map(Node::sources).orElse(List.of())));
        return keys;
    }

    private Operand withHeads(String name, Operand value, List<Node> nodes) {
        Operand heads = value(name + "_heads", withHeads(typeOf(value)));
        nodes.add(reshape(name, value, heads));
        return heads;
    }

    private static TensorType withHeads(TensorType type) {
        int[] extents = type.shape().extents();
        return TensorType.of(type.element(), 1, extents[0], extents[1], extents[2]);
    }

    private Node reshape(String name, Operand value, Operand result) {
        return ReshapeNode.of(editor, name + "/reshape", value, result, typeOf(result), List.of());
    }

    private Operand value(String name, TensorType type) {
        String fresh = editor.fresh(name);
        editor.type(fresh, type);
        made.put(fresh, type);
        return Operand.of(fresh);
    }

    private int lastExtent(Operand operand) {
        int[] extents = extents(operand);
        return extents.length == 0 ? 1 : extents[extents.length - 1];
    }

    private int rank(Operand operand) {
        return extents(operand).length;
    }

    private int[] extents(Operand operand) {
        return typeOf(operand).shape().extents();
    }

    private TensorType typeOf(Operand operand) {
        return type(operand).orElseThrow(() -> new IllegalStateException("the type of '" + operand + "' is not known"));
    }

    private Optional<TensorType> type(Operand operand) {
        return operand instanceof Operand.Value(String name)
                ? Optional.ofNullable(made.get(name)).or(() -> graph.type(name))
                : Optional.empty();
    }
}

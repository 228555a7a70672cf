package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes one node of a layer normalisation over the last axis that is written out, as PyTorch's and TensorFlow's exporters do:
 * rows are read thrice by one kernel, and not by five. Sums are of the same terms; the last digits may differ.
 *
 * <pre>
 * m = ReduceMean(x); d = Sub(x, m); p = Pow(d, 2); v = ReduceMean(p)
 * s = Sqrt(Add(v, epsilon)); n = Div(d, s); y = Add(Mul(n, scale), b)        ->     y = LayerNormalization(x, scale, b)
 *
 * r = Reciprocal(s); f = Mul(r, scale)
 * y = Add(Mul(x, f), Sub(b, Mul(m, f)))                                      ->     the same
 * </pre>
 */
public final class RecognizeLayerNormalization {
    private final Graph graph;
    private final Pattern pattern;

    private RecognizeLayerNormalization(Graph graph) {
        this.graph = graph;
        this.pattern = Pattern.of(graph);
    }

    public static Graph apply(Graph graph) {
        RecognizeLayerNormalization pass = new RecognizeLayerNormalization(graph);
        GraphEditor editor = new GraphEditor(graph);
        Set<Node> gone = new HashSet<>();
        for (Node node : graph.nodes()) {
            Optional<Match> match = node.operator().isOnnx("Sqrt")
                    ? pass.deviation(node).flatMap(deviation -> pass.match(node, deviation))
                    : Optional.empty();
            if (match.isPresent() && match.get().nodes().stream().noneMatch(gone::contains)) {
                gone.addAll(match.get().nodes());
                pass.replace(editor, match.get());
            }
        }
        return gone.isEmpty() ? graph : editor.finish();
    }

    /** What a standard deviation is made of. */
    private record Deviation(Operand x, Operand mean, double epsilon, Set<Node> nodes) {
        Set<Node> and(Node... more) {
            Set<Node> all = new LinkedHashSet<>(nodes);
            all.addAll(List.of(more));
            return all;
        }
    }

    /**
     * @param scale empty where there is none
     * @param last the node whose result is the normalised value
     */
    private record Match(
            Operand x, Optional<Operand> scale, Optional<Operand> bias, double epsilon, Node last, Set<Node> nodes) {}

    /** {@code Sqrt(mean of (x - mean of x)^2 + epsilon)}. */
    private Optional<Deviation> deviation(Node sqrt) {
        Optional<Node> plus = pattern.producer(sqrt.input(0), "Add");
        for (List<Operand> order : plus.map(Pattern::orders).orElse(List.of())) {
            Optional<Double> epsilon = pattern.scalar(order.get(1)).filter(e -> e >= 0);
            Optional<Node> variance =
                    pattern.producer(order.get(0), "ReduceMean").filter(this::isOverLastAxis);
            Optional<Node> square = variance.flatMap(this::square);
            Optional<Node> difference = square.flatMap(node -> pattern.producer(node.input(0), "Sub"));
            Optional<Node> mean = difference.flatMap(this::mean);
            if (epsilon.isPresent() && mean.isPresent()) {
                Set<Node> nodes = new LinkedHashSet<>(List.of(
                        mean.get(),
                        difference.orElseThrow(),
                        square.orElseThrow(),
                        variance.orElseThrow(),
                        plus.orElseThrow(),
                        sqrt));
                return Optional.of(new Deviation(mean.get().input(0), mean.get().output(0), epsilon.get(), nodes));
            }
        }
        return Optional.empty();
    }

    /** The node that squares what a mean is over. */
    private Optional<Node> square(Node variance) {
        Optional<Node> power =
                pattern.producer(variance.input(0), "Pow").filter(node -> pattern.isScalar(node.input(1), 2));
        return power.or(() -> pattern.producer(variance.input(0), "Mul")
                .filter(node -> node.input(0).equals(node.input(1))));
    }

    /** The mean that is subtracted from what it is of, or the other way round: for the square it is the same. */
    private Optional<Node> mean(Node difference) {
        return Pattern.orders(difference).stream()
                .flatMap(order -> pattern
                        .producer(order.get(1), "ReduceMean")
                        .filter(node -> node.input(0).equals(order.get(0)))
                        .filter(this::isOverLastAxis)
                        .stream())
                .findFirst();
    }

    private boolean isOverLastAxis(Node mean) {
        Optional<TensorType> type = mean.inputName(0).flatMap(graph::type);
        boolean keeps = mean.attribute("keepdims").isPresent() && mean.integer("keepdims") == 1;
        long[] axes = pattern.constant(mean.input(1)).map(NdArray::toLongArray).orElse(new long[0]);
        return type.isPresent()
                && keeps
                && type.get().element() == DType.F32
                && axes.length == 1
                && Math.floorMod(axes[0], type.get().shape().rank())
                        == type.get().shape().rank() - 1;
    }

    private Optional<Match> match(Node sqrt, Deviation deviation) {
        Optional<Match> normalized = pattern.onlyReader(sqrt, "Div")
                .flatMap(div -> div.input(1).equals(sqrt.output(0)) && !isOne(div.input(0))
                        ? normalized(deviation, div, div.input(0), deviation.and(div))
                        : Optional.empty());
        Optional<Node> inverse = pattern.onlyReader(sqrt, "Reciprocal")
                .or(() -> pattern.onlyReader(sqrt, "Div")
                        .filter(div -> div.input(1).equals(sqrt.output(0)) && isOne(div.input(0))));
        return normalized
                .or(() -> inverse.flatMap(
                        i -> pattern.onlyReader(i, "Mul").flatMap(mul -> multiplied(deviation, i, mul))))
                .or(() ->
                        inverse.flatMap(i -> pattern.onlyReader(i, "Mul").flatMap(mul -> factored(deviation, i, mul))))
                .filter(match -> pattern.isClosed(match.nodes(), match.last()))
                .filter(match -> pattern.sameType(match.x(), match.last().output(0)));
    }

    private boolean isOne(Operand operand) {
        return pattern.isScalar(operand, 1);
    }

    /** {@code (x - mean) * inverse}. */
    private Optional<Match> multiplied(Deviation deviation, Node inverse, Node mul) {
        return Pattern.orders(mul).stream()
                .filter(order -> order.get(1).equals(inverse.output(0)))
                .flatMap(order -> normalized(deviation, mul, order.get(0), deviation.and(inverse, mul)).stream())
                .findFirst();
    }

    /**
     * A normalised value, and the scale and bias that follow it.
     *
     * @param difference what was divided: the difference that was squared, or another of the same values
     */
    private Optional<Match> normalized(Deviation deviation, Node last, Operand difference, Set<Node> nodes) {
        Optional<Node> sub = pattern.producer(difference, "Sub")
                .filter(node -> node.inputs().equals(List.of(deviation.x(), deviation.mean())));
        if (sub.isEmpty()) {
            return Optional.empty();
        }
        nodes.add(sub.get());
        Match bare = new Match(deviation.x(), Optional.empty(), Optional.empty(), deviation.epsilon(), last, nodes);
        Optional<Node> mul = pattern.onlyReader(last, "Mul");
        Optional<Operand> scale = mul.flatMap(node -> weights(node, last.output(0)));
        if (scale.isEmpty()) {
            return Optional.of(bare);
        }
        nodes.add(mul.orElseThrow());
        Optional<Node> add = pattern.onlyReader(mul.get(), "Add");
        Optional<Operand> bias = add.flatMap(node -> weights(node, mul.get().output(0)));
        bias.ifPresent(_ -> nodes.add(add.orElseThrow()));
        return Optional.of(new Match(
                deviation.x(), scale, bias, deviation.epsilon(), bias.isPresent() ? add.get() : mul.get(), nodes));
    }

    /** {@code x * f + (b - mean * f)} with {@code f = inverse * scale}. */
    private Optional<Match> factored(Deviation deviation, Node inverse, Node factor) {
        Optional<Operand> scale = weights(factor, inverse.output(0));
        List<Node> readers = pattern.uses().readers(factor.outputName(0).orElseThrow());
        if (scale.isEmpty() || readers.size() != 2) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node ofX = readers.get(i);
            Node ofMean = readers.get(1 - i);
            boolean products = isProduct(ofX, deviation.x(), factor) && isProduct(ofMean, deviation.mean(), factor);
            Optional<Node> shift = pattern.onlyReader(ofMean, "Sub")
                    .filter(sub -> sub.input(1).equals(ofMean.output(0)) && isWeights(sub.input(0)));
            Optional<Node> sum = pattern.onlyReader(ofX, "Add")
                    .filter(add -> shift.isPresent()
                            && add.inputs().contains(shift.get().output(0))
                            && add.inputs().contains(ofX.output(0)));
            if (products && sum.isPresent()) {
                Node sub = shift.orElseThrow();
                return Optional.of(new Match(
                        deviation.x(),
                        scale,
                        Optional.of(sub.input(0)),
                        deviation.epsilon(),
                        sum.get(),
                        deviation.and(inverse, factor, ofX, ofMean, sub, sum.get())));
            }
        }
        return Optional.empty();
    }

    private static boolean isProduct(Node node, Operand value, Node factor) {
        return node.operator().isOnnx("Mul") && Pattern.orders(node).contains(List.of(value, factor.output(0)));
    }

    /** The constant beside a value; one for each element of a row, or one for all. */
    private Optional<Operand> weights(Node node, Operand value) {
        return Pattern.orders(node).stream()
                .filter(order -> order.get(0).equals(value) && isWeights(order.get(1)))
                .map(order -> order.get(1))
                .findFirst();
    }

    private boolean isWeights(Operand operand) {
        return pattern.constant(operand)
                .filter(array -> array.type() == DType.F32)
                .filter(array -> array.elements() == 1 || array.size(array.rank() - 1) == array.elements())
                .isPresent();
    }

    private void replace(GraphEditor editor, Match match) {
        match.nodes().forEach(editor::remove);
        String name = match.last().name() + "/layer_norm";
        int row = Arrays.stream(
                        match.x() instanceof Operand.Value(String x)
                                ? graph.type(x).orElseThrow().shape().extents()
                                : new int[0])
                .reduce(1, (_, extent) -> extent);
        NdArray scale = row(match.scale().flatMap(pattern::constant).orElse(NdArray.scalar(1f)), row);
        Operand bias = match.bias()
                .flatMap(pattern::constant)
                .map(array -> Operand.of(editor.constant(name + "_bias", row(array, row))))
                .orElse(Operand.ABSENT);
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        attributes.put("axis", Attribute.of(-1L));
        attributes.put("epsilon", Attribute.of((float) match.epsilon()));
        attributes.put("stash_type", new Attribute.ElementType(DType.F32));
        editor.replace(
                match.last(),
                new Node(
                        name,
                        Operator.onnx("LayerNormalization"),
                        List.of(match.x(), Operand.of(editor.constant(name + "_scale", scale)), bias),
                        match.last().outputs(),
                        attributes,
                        pattern.sources(match.nodes())));
    }

    /** A constant for each element of a row. */
    private static NdArray row(NdArray array, int extent) {
        NdArray row = NdArray.allocate(DType.F32, extent);
        for (int i = 0; i < extent; i++) {
            row.set(i, array.getDouble(array.elements() == 1 ? 0 : i));
        }
        return row;
    }
}

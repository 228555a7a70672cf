package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts a factor and a summand for each channel, before or after a layer with constant weights, into these weights and the
 * bias. Computed in double precision, so that only the rounding of the new weights is added to the result's error; sums are
 * of other terms, which `strict` numerics do not allow.
 *
 * <pre>
 * y = Conv(x, w, b); z = Mul(y, s)      ->      z = Conv(x, w * s, b * s)
 * y = Add(x, t); z = Conv(y, w, b)      ->      z = Conv(x, w, b + sum w * t)       without pads
 * y = Mul(x, s); z = MatMul(y, w)       ->      z = MatMul(x, w * s)
 * </pre>
 *
 * <p>The layers are Conv, ConvTranspose, Gemm and MatMul. A MatMul has no bias and takes factors alone.
 */
public final class FoldAffine {
    private final Graph graph;
    private final Uses uses;
    private final GraphEditor editor;

    private FoldAffine(Graph graph) {
        this.graph = graph;
        this.uses = Uses.of(graph);
        this.editor = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        return GraphPasses.untilUnchanged(graph, g -> new FoldAffine(g).foldedOnce());
    }

    /** Each layer with at most one of its neighbours folded into it. */
    private Optional<Graph> foldedOnce() {
        Set<String> touched = new HashSet<>();
        for (Node node : graph.nodes()) {
            Optional<WeightedLayer> layer = WeightedLayer.of(graph, node);
            if (layer.isPresent() && !touched.contains(node.name())) {
                Optional<Node> after = uses.onlyReader(node.outputName(0).orElseThrow())
                        .filter(reader -> !touched.contains(reader.name()) && foldAfter(layer.get(), reader));
                Optional<Node> before = after.isPresent()
                        ? Optional.empty()
                        : uses.producer(node.input(0))
                                .filter(producer ->
                                        !touched.contains(producer.name()) && foldBefore(layer.get(), producer));
                touched.add(node.name());
                after.or(() -> before).ifPresent(folded -> touched.add(folded.name()));
                after.or(() -> before).ifPresent(_ -> touched.add(""));
            }
        }
        return touched.contains("") ? Optional.of(RemoveDeadNodes.apply(editor.finish())) : Optional.empty();
    }

    /** Whether what comes after the layer went into it. */
    private boolean foldAfter(WeightedLayer layer, Node after) {
        Optional<TensorType> type = layer.node().outputName(0).flatMap(graph::type);
        if (type.isEmpty() || !keepsShape(layer.node().output(0), after)) {
            return false;
        }
        int rank = type.get().shape().rank();
        Optional<Affine> affine = Affine.of(graph, after, rank, layer.outputAxis(rank), layer.outputs())
                .filter(Affine::isFinite);
        if (affine.isEmpty() || affine.get().hasShift() && !layer.takesBias()) {
            return false;
        }
        double[] bias = layer.bias();
        for (int k = 0; k < bias.length; k++) {
            bias[k] = bias[k] * affine.get().factor().get(k)
                    + affine.get().shift().get(k);
        }
        Optional<Node> changed = layer.with(
                editor,
                (k, _) -> affine.get().factor().get(k),
                bias,
                layer.hasBias() || affine.get().hasShift());
        changed.ifPresent(node -> editor.remove(layer.node())
                .replace(
                        after,
                        node.withName(layer.node().name() + "+" + after.name())
                                .withOutputs(after.outputs())
                                .withSources(joined(layer.node(), after))));
        return changed.isPresent();
    }

    /** Whether what comes before the layer went into it. */
    private boolean foldBefore(WeightedLayer layer, Node before) {
        Operand value = layer.node().input(0);
        Optional<TensorType> type = layer.node().inputName(0).flatMap(graph::type);
        boolean only = layer.node().inputName(0).flatMap(uses::onlyReader).isPresent()
                && layer.node().inputs().stream().filter(value::equals).count() == 1;
        if (type.isEmpty() || !only) {
            return false;
        }
        int rank = type.get().shape().rank();
        Optional<Affine> affine = Affine.of(graph, before, rank, layer.inputAxis(rank), layer.inputs())
                .filter(Affine::isFinite)
                .filter(a -> graph.type(a.value()).equals(type));
        // At the border of a padded map the summand is missing.
        if (affine.isEmpty() || affine.get().hasShift() && !(layer.takesBias() && layer.seesNoBorder())) {
            return false;
        }
        double[] bias = layer.bias();
        if (affine.get().hasShift()) {
            layer.forEachWeight(
                    (k, c, weight) -> bias[k] += weight * affine.get().shift().get(c));
        }
        Optional<Node> changed = layer.with(
                editor,
                (_, c) -> affine.get().factor().get(c),
                bias,
                layer.hasBias() || affine.get().hasShift());
        changed.ifPresent(node -> editor.remove(before)
                .replace(
                        layer.node(),
                        node.withName(before.name() + "+" + layer.node().name())
                                .withInput(0, Operand.of(affine.get().value()))
                                .withSources(joined(before, layer.node()))));
        return changed.isPresent();
    }

    private boolean keepsShape(Operand value, Node after) {
        Optional<TensorType> from = value instanceof Operand.Value(String name) ? graph.type(name) : Optional.empty();
        return from.isPresent()
                && from.equals(after.outputName(0).flatMap(graph::type))
                && after.inputs().stream().filter(value::equals).count() == 1;
    }

    private static List<String> joined(Node first, Node second) {
        List<String> sources = new ArrayList<>(first.sources());
        sources.addAll(second.sources());
        return sources;
    }
}

package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Moves elements while they are integers: a DequantizeLinear with one scale goes behind what only moves elements, or takes
 * the greatest of them, and meets the QuantizeLinear there, which undoes it. Exact: the same number is made of the same
 * integer, a greater integer stands for a greater number, and dividing what was multiplied by a scale is off by less than
 * half an integer.
 *
 * <pre>
 * a = DequantizeLinear(x, s, z); b = MaxPool(a); y = QuantizeLinear(b, s, z)      ->      y = MaxPool(x)
 * </pre>
 */
public final class DelayDequantization {
    /** Whose results are elements of their first inputs, whatever these are. */
    private static final Set<String> MOVES = Set.of(
            "DepthToSpace",
            "Expand",
            "Flatten",
            "Gather",
            "MaxPool",
            "Reshape",
            "Slice",
            "SpaceToDepth",
            "Squeeze",
            "Transpose",
            "Unsqueeze");

    private final Graph graph;
    private final Uses uses;
    private final GraphEditor editor;

    private DelayDequantization(Graph graph) {
        this.graph = graph;
        this.uses = Uses.of(graph);
        this.editor = new GraphEditor(graph);
    }

    public static Graph apply(Graph graph) {
        boolean none = graph.nodes().stream().noneMatch(node -> node.operator().isOnnx("DequantizeLinear"));
        return none ? graph : GraphPasses.untilUnchanged(graph, g -> new DelayDequantization(g).moved());
    }

    /** Every DequantizeLinear moved by one node at most. */
    private Optional<Graph> moved() {
        boolean changed = false;
        for (Node node : graph.nodes()) {
            changed |= switch (node.operator().isOnnx() ? node.operator().name() : "") {
                case "QuantizeLinear" -> undo(node);
                case "Concat" -> delay(node, node.inputs());
                case String name -> MOVES.contains(name) && delay(node, List.of(node.input(0)));
            };
        }
        return changed ? Optional.of(RemoveDeadNodes.apply(editor.finish())) : Optional.empty();
    }

    private boolean undo(Node quantize) {
        Optional<Dequantized> same = Dequantized.of(graph, uses, quantize.input(0))
                .filter(dequantized -> dequantized.isUndoneBy(graph, quantize));
        same.ifPresent(dequantized ->
                editor.remove(quantize).redirect(quantize.outputName(0).orElseThrow(), dequantized.value()));
        return same.isPresent();
    }

    /**
     * @param moved the inputs whose elements the node's result is made of, its first ones
     */
    private boolean delay(Node node, List<Operand> moved) {
        List<Dequantized> sources = new ArrayList<>();
        moved.forEach(input -> Dequantized.of(graph, uses, input).ifPresent(sources::add));
        Optional<TensorType> type = node.outputName(0).flatMap(graph::type);
        boolean all = sources.size() == moved.size() && node.outputs().size() == 1 && type.isPresent();
        if (!all || !sources.stream().allMatch(source -> isMovable(source, sources.getFirst()))) {
            return false;
        }
        Dequantized first = sources.getFirst();
        String integers = editor.fresh(node.outputName(0).orElseThrow() + "_quantized");
        editor.type(
                integers,
                TensorType.of(first.type().element(), type.get().shape().extents()));
        Node changed = node.withOutputs(List.of(Operand.of(integers)));
        for (int i = 0; i < sources.size(); i++) {
            changed = changed.withInput(i, Operand.of(sources.get(i).value()));
        }
        String name = editor.fresh(first.node().name() + "+" + node.name());
        editor.replace(node, changed, first.with(name, integers, node.output(0)));
        return true;
    }

    /** Weights stay: what is computed of them is computed once. */
    private boolean isMovable(Dequantized source, Dequantized first) {
        return source.isOfBytes()
                && source.meansTheSame(graph, first)
                && graph.constant(source.value()).isEmpty();
    }
}

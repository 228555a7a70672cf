package dev.woodpecker.runtime.graph.pass;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Uses;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Multiplies the factors of a BatchNormalization into the weights of the convolution before it. Computed in double
 * precision, so that only the rounding of the new weights is added to the result's error.
 *
 * <pre>
 * y = Conv(x, w, b); z = BatchNormalization(y, scale, beta, mean, variance)
 *   ->
 * z = Conv(x, w * f, (b - mean) * f + beta)      with f = scale / sqrt(variance + epsilon)
 * </pre>
 */
public final class FoldBatchNormalization {
    private FoldBatchNormalization() {}

    public static Graph apply(Graph graph) {
        Uses uses = Uses.of(graph);
        GraphEditor editor = new GraphEditor(graph);
        boolean changed = false;
        for (Node node : graph.nodes()) {
            Optional<Pair> pair =
                    node.operator().isOnnx("BatchNormalization") ? pair(graph, uses, node) : Optional.empty();
            if (pair.isPresent()) {
                fold(editor, pair.get());
                changed = true;
            }
        }
        return changed ? editor.finish() : graph;
    }

    /** A normalisation with the convolution before it; all but the image is constant. */
    private record Pair(
            Node convolution, Node normalization, NdArray weights, Optional<NdArray> bias, List<NdArray> statistics) {}

    private static Optional<Pair> pair(Graph graph, Uses uses, Node normalization) {
        Optional<Node> producer = uses.producer(normalization.input(0))
                .filter(node -> node.operator().isOnnx("Conv"));
        if (producer.isEmpty() || normalization.outputs().size() != 1) {
            return Optional.empty();
        }
        Node convolution = producer.get();
        boolean only = uses.onlyReader(convolution.outputName(0).orElseThrow()).isPresent();
        Optional<NdArray> weights = convolution.inputName(1).flatMap(graph::constant);
        Optional<NdArray> bias = convolution.inputName(2).flatMap(graph::constant);
        boolean biasKnown = convolution.input(2) instanceof Operand.Absent || bias.isPresent();
        List<NdArray> statistics = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            normalization.inputName(i).flatMap(graph::constant).ifPresent(statistics::add);
        }
        boolean fits = only
                && biasKnown
                && weights.isPresent()
                && weights.get().type().isFloat()
                && statistics.size() == 4
                && statistics.stream()
                        .allMatch(array -> array.elements() == weights.get().size(0));
        return fits
                ? Optional.of(new Pair(convolution, normalization, weights.get(), bias, statistics))
                : Optional.empty();
    }

    private static void fold(GraphEditor editor, Pair pair) {
        NdArray weights = pair.weights();
        int filters = weights.size(0);
        double epsilon = pair.normalization().number("epsilon");
        NdArray scale = pair.statistics().get(0);
        NdArray beta = pair.statistics().get(1);
        NdArray mean = pair.statistics().get(2);
        NdArray variance = pair.statistics().get(3);
        NdArray newWeights = NdArray.allocate(weights.type(), weights.shape());
        DType biasType = pair.bias().map(NdArray::type).orElse(weights.type());
        NdArray newBias = NdArray.allocate(biasType, filters);
        long each = filters == 0 ? 0 : weights.elements() / filters;
        for (int k = 0; k < filters; k++) {
            double factor = scale.getDouble(k) / Math.sqrt(variance.getDouble(k) + epsilon);
            scale(weights, newWeights, k * each, Math.toIntExact(each), factor);
            int filter = k;
            double bias = pair.bias().map(array -> array.getDouble(filter)).orElse(0.0);
            newBias.set(k, (bias - mean.getDouble(k)) * factor + beta.getDouble(k));
        }
        Node convolution = pair.convolution();
        Node normalization = pair.normalization();
        List<String> sources = new ArrayList<>(convolution.sources());
        sources.addAll(normalization.sources());
        Node folded = new Node(
                convolution.name() + "+" + normalization.name(),
                convolution.operator(),
                List.of(
                        convolution.input(0),
                        Operand.of(editor.constant(convolution.name() + "_weights", newWeights)),
                        Operand.of(editor.constant(convolution.name() + "_bias", newBias))),
                normalization.outputs(),
                convolution.attributes(),
                sources);
        editor.remove(convolution).replace(normalization, folded);
    }

    /** Floats in an array of Java's: millions of weights one by one are a tenth of the time that a model takes to load. */
    private static void scale(NdArray from, NdArray to, long first, int count, double factor) {
        if (from.type() == DType.F32) {
            float[] scaled = new float[count];
            MemorySegment.copy(from.memory(), JAVA_FLOAT_UNALIGNED, first * Float.BYTES, scaled, 0, count);
            for (int i = 0; i < count; i++) {
                scaled[i] = (float) (scaled[i] * factor);
            }
            MemorySegment.copy(scaled, 0, to.memory(), JAVA_FLOAT_UNALIGNED, first * Float.BYTES, count);
            return;
        }
        for (long i = first; i < first + count; i++) {
            to.set(i, from.getDouble(i) * factor);
        }
    }
}

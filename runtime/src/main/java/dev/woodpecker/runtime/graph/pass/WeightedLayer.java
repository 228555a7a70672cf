package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * A layer whose weights, and bias if it has one, are constant floats.
 *
 * @param outputs channels, as {@code inputs}
 */
record WeightedLayer(Node node, NdArray weights, Optional<NdArray> biasArray, int inputs, int outputs) {

    /** A factor for the weights between an output and an input channel. */
    interface Factor {
        double of(int output, int input);
    }

    interface WeightConsumer {
        void accept(int output, int input, double weight);
    }

    static Optional<WeightedLayer> of(Graph graph, Node node) {
        if (!node.operator().isOnnx()) {
            return Optional.empty();
        }
        Optional<NdArray> weights =
                node.inputName(1).flatMap(graph::constant).filter(w -> w.type().isFloat() && w.elements() > 0);
        Optional<NdArray> bias = node.inputName(2).flatMap(graph::constant);
        boolean known = weights.isPresent()
                && graph.constant(node.inputName(0).orElse("")).isEmpty()
                && (node.input(2) instanceof Operand.Absent || bias.isPresent());
        return known ? of(node, weights.get(), bias) : Optional.empty();
    }

    private static Optional<WeightedLayer> of(Node node, NdArray w, Optional<NdArray> bias) {
        Optional<WeightedLayer> layer = switch (node.operator().name()) {
            case "Conv" ->
                Optional.of(new WeightedLayer(node, w, bias, w.size(1) * (int) node.integer("group"), w.size(0)));
            case "ConvTranspose" ->
                Optional.of(new WeightedLayer(node, w, bias, w.size(0), w.size(1) * (int) node.integer("group")));
            case "MatMul" ->
                w.rank() == 2 ? Optional.of(new WeightedLayer(node, w, bias, w.size(0), w.size(1))) : Optional.empty();
            case "Gemm" -> {
                boolean transposed = node.integer("transB") != 0;
                boolean plain = node.number("alpha") == 1 && node.number("beta") == 1 && node.integer("transA") == 0;
                yield plain
                        ? Optional.of(new WeightedLayer(
                                node, w, bias, w.size(transposed ? 1 : 0), w.size(transposed ? 0 : 1)))
                        : Optional.empty();
            }
            default -> Optional.empty();
        };
        return layer.filter(l -> bias.isEmpty()
                || bias.get().elements() == 1
                || bias.get().elements() == l.outputs()
                        && bias.get().size(bias.get().rank() - 1) == l.outputs());
    }

    boolean isConvolution() {
        return node.operator().name().startsWith("Conv");
    }

    int outputAxis(int rank) {
        return isConvolution() ? 1 : rank - 1;
    }

    int inputAxis(int rank) {
        return outputAxis(rank);
    }

    boolean takesBias() {
        return !node.operator().isOnnx("MatMul");
    }

    boolean hasBias() {
        return biasArray.isPresent();
    }

    /** Whether every output is a sum over all of the weights. */
    boolean seesNoBorder() {
        if (node.operator().isOnnx("ConvTranspose")) {
            return false;
        }
        boolean unpadded = node.attribute("pads").isEmpty()
                || Arrays.stream(node.integers("pads")).allMatch(p -> p == 0);
        boolean explicit = node.attribute("auto_pad").isEmpty()
                || Set.of("NOTSET", "VALID").contains(node.text("auto_pad"));
        return !isConvolution() || unpadded && explicit;
    }

    double[] bias() {
        double[] bias = new double[outputs];
        biasArray.ifPresent(array -> Arrays.setAll(bias, k -> array.getDouble(array.elements() == 1 ? 0 : k)));
        return bias;
    }

    void forEachWeight(WeightConsumer consumer) {
        for (long i = 0; i < weights.elements(); i++) {
            consumer.accept(output(i), input(i), weights.getDouble(i));
        }
    }

    /** The channel that a weight adds to. */
    private int output(long position) {
        int second = second(position);
        return switch (node.operator().name()) {
            case "Conv" -> first(position);
            case "ConvTranspose" -> first(position) / (inputs / groups()) * weights.size(1) + second;
            default -> isTransposed() ? first(position) : second;
        };
    }

    /** The channel that a weight multiplies. */
    private int input(long position) {
        return switch (node.operator().name()) {
            case "Conv" -> first(position) / (outputs / groups()) * weights.size(1) + second(position);
            case "ConvTranspose" -> first(position);
            default -> isTransposed() ? second(position) : first(position);
        };
    }

    private int groups() {
        return (int) node.integer("group");
    }

    private boolean isTransposed() {
        return node.operator().isOnnx("Gemm") && node.integer("transB") != 0;
    }

    private int first(long position) {
        return (int) (position / (weights.elements() / weights.size(0)));
    }

    private int second(long position) {
        long each = weights.elements() / weights.size(0) / weights.size(1);
        return (int) (position / each % weights.size(1));
    }

    /** The layer with its weights multiplied; empty if they leave the range of their type. */
    Optional<Node> with(GraphEditor editor, Factor factor, double[] newBias, boolean biased) {
        NdArray multiplied = NdArray.allocate(weights.type(), weights.shape());
        boolean finite = true;
        for (long i = 0; i < weights.elements(); i++) {
            multiplied.set(i, weights.getDouble(i) * factor.of(output(i), input(i)));
            finite &= Double.isFinite(multiplied.getDouble(i));
        }
        NdArray bias = NdArray.allocate(weights.type(), outputs);
        for (int k = 0; k < outputs; k++) {
            bias.set(k, newBias[k]);
            finite &= Double.isFinite(bias.getDouble(k));
        }
        if (!finite) {
            return Optional.empty();
        }
        Node changed = node.withInput(1, Operand.of(editor.constant(node.name() + "_weights", multiplied)));
        return Optional.of(
                biased ? changed.withInput(2, Operand.of(editor.constant(node.name() + "_bias", bias))) : changed);
    }
}

package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.Uses;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Adds channels of zeros to maps between convolutions until their channels fill vectors: blocks of channels are then vectors
 * for windows too, which pools and depthwise convolutions are computed by many times faster than along rows. The first
 * convolution gets filters of zeros, the last ones weights of zero for what these make: no sum changes.
 *
 * <pre>
 * y = Conv(x, w)             # 24 channels             y = Conv(x, w with 8 filters of zeros)    # 32 channels
 * p = MaxPool(y)                             ->        p = MaxPool(y)
 * z = Conv(p, v)                                       z = Conv(p, v with 8 more inputs)
 * </pre>
 *
 * <p>Only maps that convolutions alone make and read, with what keeps channels apart between them: nothing is cut off again.
 */
public final class PadChannels {
    /** What computes a channel from the same channel, and a finite number from zero. */
    private static final Set<String> BY_ELEMENT =
            Set.of("Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Add", "Mul");

    private static final Set<String> POOLS = Set.of("MaxPool", "AveragePool");

    /** Beyond this the padding is more than what is gained on it. */
    private static final double MOST_GROWTH = 4.0 / 3;

    /**
     * What a window's result takes longer where vectors are of rows, in multiply-adds of a convolution. Measured on a Cascade
     * Lake: 0.8 to 6 ns against 0.3, and 60 multiply-adds in a nanosecond.
     */
    private static final long MULTIPLY_ADDS_OF_WINDOW = 30;

    private final Graph graph;
    private final Uses uses;
    private final int lanes;
    private final Map<String, String> parents = new LinkedHashMap<>();
    private final Map<String, Integer> padded = new HashMap<>();

    private PadChannels(Graph graph, int lanes) {
        this.graph = graph;
        this.uses = Uses.of(graph);
        this.lanes = lanes;
    }

    /**
     * @param lanes channels that fill a vector
     */
    public static Graph apply(Graph graph, int lanes) {
        return lanes > 1 ? new PadChannels(graph, lanes).padded() : graph;
    }

    private Graph padded() {
        for (Node node : graph.nodes()) {
            if (keepsChannels(node)) {
                maps(node).stream()
                        .filter(map -> graph.constant(map).isEmpty())
                        .forEach(map ->
                                parents.put(root(map), root(node.outputName(0).orElseThrow())));
            }
        }
        Map<String, Region> regions = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            node.definedNames().forEach(value -> regions.merge(root(value), region(node, value), Region::plus));
        }
        regions.forEach((root, region) -> {
            if (region.pays(lanes)) {
                padded.put(root, region.paddedChannels(lanes));
            }
        });
        return padded.isEmpty() ? graph : rewritten();
    }

    /**
     * Values that have the same channels, or one of them.
     *
     * @param fits whether all that makes and reads them can do so with more channels
     * @param windows results of pools and depthwise convolutions
     * @param multiplyAdds of the convolutions that read them
     */
    private record Region(boolean fits, int channels, long windows, long multiplyAdds) {
        Region plus(Region other) {
            return new Region(
                    fits && other.fits && channels == other.channels,
                    channels,
                    windows + other.windows,
                    multiplyAdds + other.multiplyAdds);
        }

        int paddedChannels(int lanes) {
            return Math.ceilDiv(channels, lanes) * lanes;
        }

        boolean pays(int lanes) {
            int more = paddedChannels(lanes) - channels;
            return fits
                    && more > 0
                    && paddedChannels(lanes) <= MOST_GROWTH * channels
                    && multiplyAdds / channels * more <= MULTIPLY_ADDS_OF_WINDOW * windows;
        }
    }

    private Region region(Node node, String value) {
        Optional<TensorType> type = graph.type(value).filter(PadChannels::isMap);
        boolean made = keepsChannels(node) || isConvolution(node);
        boolean read = !uses.isOutput(value)
                && uses.readers(value).stream()
                        .allMatch(
                                reader -> keepsChannels(reader) || isConvolution(reader) && readsAsMap(reader, value));
        if (type.isEmpty() || !made || !read) {
            return new Region(false, 0, 0, 0);
        }
        long windows = isDepthwise(node) || POOLS.contains(node.operator().name()) ? elements(type.get()) : 0;
        long multiplyAdds = uses.readers(value).stream()
                .filter(this::isConvolution)
                .mapToLong(this::multiplyAdds)
                .sum();
        return new Region(true, type.get().shape().extents()[1], windows, multiplyAdds);
    }

    private static boolean readsAsMap(Node convolution, String value) {
        return convolution.input(0).equals(Operand.of(value))
                && convolution.usedNames().stream().filter(value::equals).count() == 1;
    }

    private long multiplyAdds(Node convolution) {
        long weights = weights(convolution).orElseThrow().elements();
        TensorType type = graph.type(convolution.outputName(0).orElseThrow()).orElseThrow();
        return weights * elements(type) / type.shape().extents()[1];
    }

    private static long elements(TensorType type) {
        return Arrays.stream(type.shape().extents()).asLongStream().reduce(1, (a, b) -> a * b);
    }

    private static boolean isMap(TensorType type) {
        return type.element() == DType.F32 && type.shape().rank() == 4 && elements(type) > 0;
    }

    /** The operands of a node that are maps, not constants. */
    private static List<String> maps(Node node) {
        return isDepthwise(node) || POOLS.contains(node.operator().name())
                ? List.of(node.inputName(0).orElseThrow())
                : node.usedNames();
    }

    /** Whether each channel of the result is computed from the same channel of maps. */
    private boolean keepsChannels(Node node) {
        if (!node.operator().isOnnx() || node.definedNames().size() != 1) {
            return false;
        }
        if (isDepthwise(node)) {
            return weights(node).isPresent()
                    && sameChannels(node, List.of(node.inputName(0).orElseThrow()));
        }
        boolean pool = POOLS.contains(node.operator().name());
        return (pool || BY_ELEMENT.contains(node.operator().name())) && sameChannels(node, node.usedNames());
    }

    private boolean sameChannels(Node node, List<String> operands) {
        Optional<TensorType> result =
                graph.type(node.outputName(0).orElseThrow()).filter(PadChannels::isMap);
        return result.isPresent()
                && operands.stream()
                        .allMatch(operand -> isNumber(operand)
                                || graph.type(operand)
                                        .filter(PadChannels::isMap)
                                        .filter(type -> graph.constant(operand).isEmpty()
                                                && type.shape().extents()[1]
                                                        == result.get().shape().extents()[1])
                                        .isPresent());
    }

    private boolean isNumber(String value) {
        return graph.constant(value).filter(array -> array.elements() == 1).isPresent();
    }

    private static boolean isDepthwise(Node node) {
        return node.operator().isOnnx("Conv") && node.integer("group") > 1;
    }

    /** A convolution over all channels with constant weights. */
    private boolean isConvolution(Node node) {
        return node.operator().isOnnx("Conv")
                && node.integer("group") == 1
                && weights(node).isPresent();
    }

    /** Weights, if all of them are constant; of a depthwise convolution, if it has one filter for each channel. */
    private Optional<NdArray> weights(Node node) {
        boolean biasKnown = node.input(2) instanceof Operand.Absent
                || node.inputName(2).flatMap(graph::constant).isPresent();
        return node.inputName(1)
                .flatMap(graph::constant)
                .filter(array -> biasKnown && array.type() == DType.F32 && array.rank() == 4)
                .filter(array ->
                        node.integer("group") == 1 || array.size(1) == 1 && array.size(0) == node.integer("group"));
    }

    private String root(String value) {
        String parent = parents.getOrDefault(value, value);
        return parent.equals(value) ? value : root(parent);
    }

    private Graph rewritten() {
        GraphEditor editor = new GraphEditor(graph);
        Map<String, String> names = new HashMap<>();
        for (Node node : graph.nodes()) {
            for (String value : node.definedNames()) {
                Integer channels = padded.get(root(value));
                if (channels != null) {
                    String name = editor.fresh(value + "_" + channels);
                    names.put(value, name);
                    int[] extents = graph.type(value).orElseThrow().shape().extents();
                    extents[1] = channels;
                    editor.type(name, TensorType.of(DType.F32, extents));
                }
            }
        }
        for (Node node : graph.nodes()) {
            boolean reads = node.usedNames().stream().anyMatch(names::containsKey);
            boolean makes = node.definedNames().stream().anyMatch(names::containsKey);
            if (reads || makes) {
                Node widened = node.operator().isOnnx("Conv") ? widened(node, editor) : node;
                editor.replace(node, widened.withNames(names));
            }
        }
        return RemoveDeadNodes.apply(editor.finish());
    }

    /** A convolution with weights for the channels that are added. */
    private Node widened(Node node, GraphEditor editor) {
        NdArray weights = weights(node).orElseThrow();
        Integer outputs = padded.get(root(node.outputName(0).orElseThrow()));
        Integer inputs = padded.get(root(node.inputName(0).orElseThrow()));
        int[] shape = weights.shape();
        shape[0] = outputs == null ? shape[0] : outputs;
        shape[1] = inputs == null || isDepthwise(node) ? shape[1] : inputs;
        Node widened =
                node.withInput(1, Operand.of(editor.constant(node.name() + "_weights", withZeros(weights, shape))));
        Optional<NdArray> bias = node.inputName(2).flatMap(graph::constant);
        if (bias.isPresent() && outputs != null) {
            widened = widened.withInput(
                    2, Operand.of(editor.constant(node.name() + "_bias", withZeros(bias.get(), outputs))));
        }
        return isDepthwise(node) ? widened.with("group", Attribute.of((long) shape[0])) : widened;
    }

    /** The array at the beginning of a larger one of zeros, whose first two axes may be longer. */
    private static NdArray withZeros(NdArray array, int... shape) {
        NdArray larger = NdArray.allocate(array.type(), shape);
        long inner = array.rank() == 1 ? 1 : array.elements() / array.size(0) / array.size(1);
        long row = array.elements() / array.size(0);
        long largerRow = array.rank() == 1 ? 1 : shape[1] * inner;
        for (long i = 0; i < array.elements(); i++) {
            larger.set(i / row * largerRow + i % row, array.getDouble(i));
        }
        return larger;
    }
}

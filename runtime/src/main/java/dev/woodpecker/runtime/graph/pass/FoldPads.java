package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Uses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Gives the constant border that a Pad puts around a map to the windows that slide over it: the padded map is never stored.
 * Exact: the windows see the same elements in the same order.
 *
 * <pre>
 * p = Pad(x, [0, 0, 1, 1, 0, 0, 1, 1]); y = Conv(p, w) {pads=[0, 0, 0, 0]}      ->      y = Conv(x, w) {pads=[1, 1, 1, 1]}
 * </pre>
 *
 * <p>The border is what the operator's own pads stand for: zeros for Conv and for an AveragePool, which then counts them; the
 * zero point for integer convolutions; minus infinity for a MaxPool, or zeros where no element is below zero.
 */
public final class FoldPads {
    /** Whose results are not negative. */
    private static final Set<String> NOT_NEGATIVE = Set.of("Relu", "Sigmoid", "HardSigmoid", "Softplus", "Abs", "Exp");

    private final Graph graph;
    private final Uses uses;

    private FoldPads(Graph graph) {
        this.graph = graph;
        this.uses = Uses.of(graph);
    }

    public static Graph apply(Graph graph) {
        return new FoldPads(graph).folded();
    }

    private Graph folded() {
        GraphEditor editor = new GraphEditor(graph);
        boolean changed = false;
        for (Node node : graph.nodes()) {
            if (node.operator().isOnnx("Pad")
                    && !uses.isOutput(node.outputName(0).orElseThrow())) {
                Optional<Border> border = border(node);
                List<Node> readers = uses.readers(node.outputName(0).orElseThrow());
                List<Node> taken = readers.stream()
                        .flatMap(reader -> border.flatMap(b -> taken(node, b, reader)).stream())
                        .toList();
                // A border that one reader does not take is stored anyway.
                if (!taken.isEmpty() && taken.size() == readers.size()) {
                    editor.remove(node);
                    IntStream.range(0, taken.size()).forEach(i -> editor.replace(readers.get(i), taken.get(i)));
                    changed = true;
                }
            }
        }
        return changed ? editor.finish() : graph;
    }

    /**
     * @param pads begins and then ends of the spatial axes
     */
    private record Border(List<Long> pads, double value) {
        Border {
            pads = List.copyOf(pads);
        }
    }

    /** The border of a Pad that adds constants around maps, and nothing along batch and channels. */
    private Optional<Border> border(Node pad) {
        Optional<NdArray> pads = pad.inputName(1).flatMap(graph::constant);
        boolean constantMode = pad.attribute("mode")
                .filter(mode -> !mode.equals(Attribute.of("constant")))
                .isEmpty();
        Optional<Double> value = constant(pad.input(2), 0);
        Optional<NdArray> axes = pad.inputName(3).flatMap(graph::constant);
        boolean axesKnown = pad.input(3) instanceof Operand.Absent || axes.isPresent();
        Optional<Integer> rank = axes.isEmpty()
                ? pads.map(array -> (int) array.elements() / 2)
                : pad.inputName(0).flatMap(graph::type).map(type -> type.shape().rank());
        if (!constantMode || pads.isEmpty() || rank.isEmpty() || value.isEmpty() || !axesKnown) {
            return Optional.empty();
        }
        long[] padded = axes.map(NdArray::toLongArray)
                .orElse(LongStream.range(0, rank.get()).toArray());
        return border(rank.get(), padded, pads.get().toLongArray(), value.get());
    }

    private static Optional<Border> border(int rank, long[] padded, long[] given, double value) {
        if (rank < 3 || given.length != 2 * padded.length) {
            return Optional.empty();
        }
        long[] spatial = new long[2 * (rank - 2)];
        for (int j = 0; j < padded.length; j++) {
            int axis = Math.floorMod(padded[j], rank);
            long begin = given[j];
            long end = given[padded.length + j];
            if (begin < 0 || end < 0 || axis < 2 && begin + end > 0) {
                return Optional.empty();
            }
            if (axis >= 2) {
                spatial[axis - 2] = begin;
                spatial[rank - 4 + axis] = end;
            }
        }
        return Optional.of(new Border(Arrays.stream(spatial).boxed().toList(), value));
    }

    /** The reader with the border as pads of its own, if it takes it. */
    private Optional<Node> taken(Node pad, Border border, Node reader) {
        boolean once = reader.usedNames().stream()
                        .filter(pad.outputName(0).orElseThrow()::equals)
                        .count()
                == 1;
        boolean asMap = reader.operator().isOnnx() && once && reader.input(0).equals(pad.output(0));
        Optional<long[]> own = ownPads(reader, border.pads().size());
        if (!asMap || own.isEmpty()) {
            return Optional.empty();
        }
        Node widened = reader.withInput(0, pad.input(0))
                .with("pads", Attribute.of(sum(own.get(), border.pads())))
                .withSources(sources(pad, reader));
        if (widened.attribute("auto_pad").isPresent()) {
            widened = widened.with("auto_pad", Attribute.of("NOTSET"));
        }
        boolean none = Arrays.stream(own.get()).allMatch(p -> p == 0);
        return switch (reader.operator().name()) {
            case "Conv" -> border.value() == 0 ? Optional.of(widened) : Optional.empty();
            case "ConvInteger" -> isConstant(reader.input(2), border.value()) ? Optional.of(widened) : Optional.empty();
            case "QLinearConv" -> isConstant(reader.input(2), border.value()) ? Optional.of(widened) : Optional.empty();
            case "AveragePool" -> {
                boolean counts = isOn(reader, "count_include_pad");
                boolean fits = border.value() == 0 && !isOn(reader, "ceil_mode") && (counts || none);
                yield fits && isWithinWindow(widened)
                        ? Optional.of(widened.with("count_include_pad", Attribute.of(1L)))
                        : Optional.empty();
            }
            case "MaxPool" -> {
                boolean neutral = border.value() <= -Float.MAX_VALUE || border.value() == 0 && isNotNegative(pad);
                boolean fits = neutral && reader.outputs().size() == 1 && !isOn(reader, "ceil_mode");
                yield fits && isWithinWindow(widened) ? Optional.of(widened) : Optional.empty();
            }
            default -> Optional.empty();
        };
    }

    private boolean isNotNegative(Node pad) {
        return uses.producer(pad.input(0))
                .filter(node -> node.operator().isOnnx()
                        && NOT_NEGATIVE.contains(node.operator().name()))
                .isPresent();
    }

    /** The pads that the reader has already; empty if they depend on the map's extents. */
    private static Optional<long[]> ownPads(Node reader, int count) {
        Attribute mode = reader.attribute("auto_pad").orElse(Attribute.of("NOTSET"));
        if (mode.equals(Attribute.of("VALID"))) {
            return Optional.of(new long[count]);
        }
        if (!mode.equals(Attribute.of("NOTSET"))) {
            return Optional.empty();
        }
        long[] pads = reader.attribute("pads").isPresent() ? reader.integers("pads") : new long[count];
        return pads.length == count ? Optional.of(pads) : Optional.empty();
    }

    /** Whether each window has an element of the map: ONNX asks that of a pool's pads. */
    private static boolean isWithinWindow(Node pool) {
        long[] window = pool.integers("kernel_shape");
        long[] pads = pool.integers("pads");
        return IntStream.range(0, pads.length).allMatch(i -> pads[i] < window[i % window.length]);
    }

    private static boolean isOn(Node node, String attribute) {
        return node.attribute(attribute).isPresent() && node.integer(attribute) != 0;
    }

    /** Whether an operand, zero where it is absent, is this in all its elements. */
    private boolean isConstant(Operand operand, double value) {
        return constant(operand, 0).filter(known -> known == value).isPresent();
    }

    private Optional<Double> constant(Operand operand, double ifAbsent) {
        return switch (operand) {
            case Operand.Absent _ -> Optional.of(ifAbsent);
            case Operand.Value(String name) ->
                graph.constant(name).filter(array -> array.elements() == 1).map(array -> array.getDouble(0));
        };
    }

    private static long[] sum(long[] a, List<Long> b) {
        return IntStream.range(0, a.length).mapToLong(i -> a[i] + b.get(i)).toArray();
    }

    private static List<String> sources(Node pad, Node reader) {
        List<String> sources = new ArrayList<>(pad.sources());
        sources.addAll(reader.sources());
        return sources;
    }
}

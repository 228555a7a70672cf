package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.graph.Uses;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a DequantizeLinear makes floats of, with scales that are known: {@code (value - zeroPoint) * scale}.
 *
 * @param node the DequantizeLinear
 * @param value integers
 * @param scale f32, one or one for each extent along {@code axis}; all above 0
 * @param zeroPoint absent where it is 0
 * @param axis from the front; of no meaning where the scale is one
 */
record Dequantized(Node node, String value, TensorType type, NdArray scale, Operand zeroPoint, int axis) {

    static Optional<Dequantized> of(Graph graph, Uses uses, Operand operand) {
        return uses.producer(operand)
                .filter(node -> node.operator().isOnnx("DequantizeLinear"))
                .flatMap(node -> of(graph, node));
    }

    private static Optional<Dequantized> of(Graph graph, Node node) {
        Optional<String> value = node.inputName(0);
        Optional<TensorType> type = value.flatMap(graph::type);
        Optional<NdArray> scale = node.inputName(1).flatMap(graph::constant).filter(Dequantized::isUsual);
        boolean inBlocks = node.attribute("block_size").isPresent() && node.integer("block_size") != 0;
        boolean floats = node.outputName(0)
                .flatMap(graph::type)
                .filter(result -> result.element() == DType.F32)
                .isPresent();
        if (value.isEmpty() || type.isEmpty() || scale.isEmpty() || inBlocks || !floats) {
            return Optional.empty();
        }
        int rank = type.get().shape().rank();
        int axis = node.attribute("axis").isPresent() ? (int) node.integer("axis") : 1;
        return Optional.of(new Dequantized(
                node, value.get(), type.get(), scale.get(), node.input(2), rank == 0 ? 0 : Math.floorMod(axis, rank)));
    }

    private static boolean isUsual(NdArray scale) {
        return scale.type() == DType.F32
                && scale.rank() <= 1
                && Arrays.stream(scale.toDoubleArray()).allMatch(s -> s > 0 && s <= Float.MAX_VALUE);
    }

    boolean isOfBytes() {
        return type.element() == DType.U8 || type.element() == DType.I8;
    }

    /** Whether one scale is that of all elements. */
    boolean hasOneScale() {
        return scale.elements() == 1;
    }

    /** Whether there is one scale, or one for each extent along this axis. */
    boolean hasScalesAlong(int wanted) {
        return hasOneScale()
                || axis == wanted && scale.elements() == type.shape().extents()[wanted];
    }

    double scaleAt(int position) {
        return scale.getDouble(hasOneScale() ? 0 : position);
    }

    /** Whether integers of the same type mean the same in both, and each has one scale. */
    boolean meansTheSame(Graph graph, Dequantized other) {
        return type.element() == other.type.element()
                && scalesLike(other.scale)
                && sameZeroPoint(graph, zeroPoint, other.zeroPoint);
    }

    /** Whether a QuantizeLinear makes of the floats the integers that they come from. */
    boolean isUndoneBy(Graph graph, Node quantize) {
        return quantize.outputName(0)
                        .flatMap(graph::type)
                        .filter(result -> result.element() == type.element())
                        .isPresent()
                && quantize.inputName(1)
                        .flatMap(graph::constant)
                        .filter(this::scalesLike)
                        .isPresent()
                && sameZeroPoint(graph, zeroPoint, quantize.input(2));
    }

    private boolean scalesLike(NdArray other) {
        return hasOneScale() && other.elements() == 1 && other.getDouble(0) == scale.getDouble(0);
    }

    private static boolean sameZeroPoint(Graph graph, Operand a, Operand b) {
        Optional<Long> first = zeroPoint(graph, a);
        return first.isPresent() && first.equals(zeroPoint(graph, b));
    }

    /** That of all elements; empty if it is not known or there are several. */
    private static Optional<Long> zeroPoint(Graph graph, Operand operand) {
        return switch (operand) {
            case Operand.Absent _ -> Optional.of(0L);
            case Operand.Value(String name) ->
                graph.constant(name).filter(array -> array.elements() == 1).map(array -> array.getLong(0));
        };
    }

    /** The same of other integers. */
    Node with(String name, String integers, Operand result) {
        return node.withName(name).withInput(0, Operand.of(integers)).withOutputs(List.of(result));
    }
}

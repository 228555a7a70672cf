package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Arrays;
import java.util.Optional;

/**
 * Rules for operators on quantised tensors: the result's type and its bounds, and scales and zero points shaped so that
 * they broadcast.
 */
final class QuantizationRules {
    private QuantizationRules() {}

    /** QuantizeLinear: integers of the zero point's type, or of what the node asks for, or unsigned bytes. */
    static NodeCall quantize(NodeCall call, Values values) {
        DType type = call.tensor("yZeroPoint")
                .map(zeroPoint -> zeroPoint.type().element())
                .or(() -> outputType(call))
                .orElse(DType.U8);
        return broadcasting(bounded(call, type), "yScale", "yZeroPoint");
    }

    /** DequantizeLinear: floats of the scale's type, or of what the node asks for. */
    static NodeCall dequantize(NodeCall call, Values values) {
        DType type = outputType(call)
                .or(() -> call.tensor("xScale").map(scale -> scale.type().element()))
                .orElse(DType.F32);
        return broadcasting(call.withOutputType(0, type), "xScale", "xZeroPoint");
    }

    /** DynamicQuantizeLinear: unsigned bytes. */
    static NodeCall dynamic(NodeCall call, Values values) {
        return call.withOutputType(0, DType.U8).withOutputType(2, DType.U8);
    }

    /** ConvInteger and MatMulInteger: sums of 32 bits. */
    static NodeCall sums(NodeCall call, Values values) {
        return call.withOutputType(0, DType.I32);
    }

    /** QLinearConv and QLinearMatMul: the type of the result's zero point. */
    static NodeCall product(NodeCall call, Values values) {
        return call.tensor("yZeroPoint")
                .map(zeroPoint -> bounded(call, zeroPoint.type().element()))
                .orElse(call);
    }

    /** The greatest of integers: one of their type, than which none is less than the least of it. */
    static NodeCall greatest(NodeCall call, Values values) {
        DType type = call.first().type().element();
        boolean unsigned = type.kind() == DType.Kind.UNSIGNED;
        return switch (type.kind()) {
            case SIGNED, UNSIGNED ->
                call.withOutputType(0, type)
                        .with("least", new Argument.Integer(unsigned ? 0 : -1L << (8 * type.bytes() - 1)));
            case FLOAT, BOOL -> call;
        };
    }

    /** Both factors: what brings their bytes to unsigned and to signed ones. */
    static CallRule offsets(String left, String right) {
        return (call, values) -> call.with(left + "Offset", new Argument.Integer(isUnsigned(call, left) ? 0 : 128))
                .with(right + "Offset", new Argument.Integer(isUnsigned(call, right) ? -128 : 0));
    }

    private static boolean isUnsigned(NodeCall call, String input) {
        return call.tensor(input)
                .filter(tensor -> tensor.type().element() == DType.U8)
                .isPresent();
    }

    /** Matrix products: a value for each row of the first matrix, or of the result, stands in a column. */
    static CallRule byRow(String... inputs) {
        return (call, values) -> {
            NodeCall shaped = call;
            for (String input : inputs) {
                Optional<NodeCall.Input.Tensor> rows =
                        call.tensor(input).filter(tensor -> tensor.rank() == 1 && tensor.shape()[0] != 1);
                if (rows.isPresent()) {
                    shaped = viewed(shaped, input, rows.get(), rows.get().shape()[0], 1);
                }
            }
            return shaped;
        };
    }

    private static NodeCall bounded(NodeCall call, DType type) {
        boolean unsigned = type.kind() == DType.Kind.UNSIGNED;
        int bits = 8 * type.bytes();
        return call.withOutputType(0, type)
                .with("least", new Argument.Real(unsigned ? 0 : -1L << (bits - 1)))
                .with("greatest", new Argument.Real((1L << (unsigned ? bits : bits - 1)) - 1));
    }

    private static Optional<DType> outputType(NodeCall call) {
        return call.node().attribute("output_dtype").orElse(Attribute.of(0L))
                        instanceof Attribute.ElementType(DType type)
                ? Optional.of(type)
                : Optional.empty();
    }

    /** Values of a tensor or of an axis as elementwise kernels take them; values of blocks stay as they are. */
    private static NodeCall broadcasting(NodeCall call, String scale, String zeroPoint) {
        int rank = call.first().rank();
        if (call.integer("blockSize", 0) != 0) {
            return call.with("axis", AxisRules.fromFront(call, "axis", call.integer("axis", 1), rank));
        }
        return aligned(aligned(call, scale), zeroPoint).without("axis").without("blockSize");
    }

    /** A list of one is a scalar; a longer one gets extent 1 on the axes after its own. */
    private static NodeCall aligned(NodeCall call, String input) {
        Optional<NodeCall.Input.Tensor> list = call.tensor(input).filter(tensor -> tensor.rank() == 1);
        if (list.isEmpty()) {
            return call;
        }
        int extent = list.get().shape()[0];
        if (extent == 1) {
            return viewed(call, input, list.get());
        }
        int rank = call.first().rank();
        int[] shape = new int[rank - (int) AxisRules.fromFront(call, "axis", call.integer("axis", 1), rank)];
        Arrays.fill(shape, 1);
        shape[0] = extent;
        return viewed(call, input, list.get(), shape);
    }

    private static NodeCall viewed(NodeCall call, String name, NodeCall.Input.Tensor input, int... shape) {
        return call.withInput(
                name,
                new NodeCall.Input.Tensor(
                        input.value(), TensorType.of(input.type().element(), shape)));
    }
}

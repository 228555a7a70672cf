package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Operators on windows and on the edges of tensors that others make up. */
final class WindowExpansions {
    private WindowExpansions() {}

    /** Cropped where an axis is too long, then padded with zeros where one is too short, each around the middle. */
    static List<Node> centerCropPad(Node node, Values values, Scope scope) {
        Assembly made = new Assembly(node, values, scope);
        int[] shape = made.shape(0);
        long[] wanted = numbers(made, 1);
        long[] axes = node.attribute("axes").isPresent()
                ? Arrays.stream(node.integers("axes"))
                        .map(axis -> axis < 0 ? axis + shape.length : axis)
                        .toArray()
                : LongStream.range(0, shape.length).toArray();
        if (wanted.length != axes.length || Arrays.stream(axes).anyMatch(axis -> axis < 0 || axis >= shape.length)) {
            throw made.refused(
                    "axes",
                    wanted.length + " extents for axes " + Arrays.toString(axes) + " of rank " + shape.length,
                    "an extent for each axis");
        }
        long[] starts = new long[axes.length];
        long[] ends = new long[axes.length];
        long[] pads = new long[2 * shape.length];
        for (int i = 0; i < axes.length; i++) {
            int axis = (int) axes[i];
            long more = wanted[i] - shape[axis];
            starts[i] = more < 0 ? -more / 2 : 0;
            ends[i] = starts[i] + Math.min(wanted[i], shape[axis]);
            pads[axis] = Math.max(0, more) / 2;
            pads[shape.length + axis] = Math.max(0, more) - pads[axis];
        }
        Operand cropped = made.compute(
                "Slice",
                node.input(0),
                made.vector("starts", starts),
                made.vector("ends", ends),
                made.vector("axes", axes));
        made.output(
                0,
                made.compute(
                        "Pad", List.of(cropped, made.vector("pads", pads)), Map.of("mode", Attribute.of("constant"))));
        return made.nodes();
    }

    /** Columns seen as blocks at positions: {@code [n, c, block..., positions...]}. */
    static List<Node> col2im(Node node, Values values, Scope scope) {
        Assembly made = new Assembly(node, values, scope);
        int[] shape = made.shape(0);
        long[] image = numbers(made, 1);
        long[] block = numbers(made, 2);
        int rank = image.length;
        long[] strides = list(node, "strides", rank, 1);
        long[] dilations = list(node, "dilations", rank, 1);
        long[] pads = list(node, "pads", 2 * rank, 0);
        long elements = Arrays.stream(block).reduce(1, Math::multiplyExact);
        long[] apart = new long[2 + 2 * rank];
        apart[0] = shape[0];
        apart[1] = elements == 0 ? 0 : shape[1] / elements;
        long positions = 1;
        for (int axis = 0; axis < rank; axis++) {
            long reach = dilations[axis] * (block[axis] - 1) + 1;
            apart[2 + axis] = block[axis];
            apart[2 + rank + axis] = (image[axis] + pads[axis] + pads[rank + axis] - reach) / strides[axis] + 1;
            positions *= apart[2 + rank + axis];
        }
        if (shape.length != 3 || apart[1] * elements != shape[1] || positions != shape[2]) {
            throw made.refused(
                    "",
                    Arrays.toString(shape) + " as blocks of " + Arrays.toString(block) + " in an image of "
                            + Arrays.toString(image),
                    "[n, channels * block, positions], here [n, channels * " + elements + ", " + positions + "]");
        }
        made.result(
                new Operator(Operator.WOODPECKER, "FoldBlocks"),
                List.of(made.reshaped(node.input(0), apart)),
                Map.of(
                        "image", Attribute.of(image),
                        "strides", Attribute.of(strides),
                        "pads", Attribute.of(pads),
                        "dilations", Attribute.of(dilations)),
                List.of(node.output(0)));
        return made.nodes();
    }

    /** Maps of three axes, of which the first may be of extent 1; a size beyond the windows' is filled up with zeros. */
    static List<Node> maxUnpool(Node node, Values values, Scope scope) {
        Assembly made = new Assembly(node, values, scope);
        int[] shape = made.shape(0);
        int rank = shape.length - 2;
        long[] kernel = node.integers("kernel_shape");
        if (rank < 1 || rank > 3 || kernel.length != rank || !Arrays.equals(shape, made.shape(1))) {
            throw made.refused(
                    "kernel_shape",
                    "a window of " + Arrays.toString(kernel) + " for maps of " + Arrays.toString(shape)
                            + " and indices of " + Arrays.toString(made.shape(1)),
                    "one to three axes after batch and channels, and an index for each element");
        }
        long[] strides = list(node, "strides", rank, 1);
        long[] pads = list(node, "pads", 2 * rank, 0);
        long[] input = {shape[0], shape[1], 1, 1, 1};
        long[] sizes = {1, 1, 1};
        long[] kernels = {1, 1, 1};
        long[] steps = {1, 1, 1};
        long[] begins = {0, 0, 0};
        long[] result = new long[shape.length];
        result[0] = shape[0];
        result[1] = shape[1];
        for (int axis = 0; axis < rank; axis++) {
            int at = 3 - rank + axis;
            input[2 + at] = shape[2 + axis];
            sizes[at] = (shape[2 + axis] - 1) * strides[axis] - pads[axis] - pads[rank + axis] + kernel[axis];
            kernels[at] = kernel[axis];
            steps[at] = strides[axis];
            begins[at] = pads[axis];
            result[2 + axis] = sizes[at];
        }
        Operand maps = made.fresh("maps");
        made.result(
                new Operator(Operator.WOODPECKER, "PlaceMaxima"),
                List.of(made.reshaped(node.input(0), input), made.reshaped(node.input(1), input)),
                Map.of(
                        "sizes", Attribute.of(sizes),
                        "kernel", Attribute.of(kernels),
                        "strides", Attribute.of(steps),
                        "pads", Attribute.of(begins)),
                List.of(maps));
        Operand unpooled = made.reshaped(maps, result);
        if (node.input(2) instanceof Operand.Value) {
            long[] wanted = numbers(made, 2);
            long[] more = new long[2 * result.length];
            for (int axis = 0; axis < Math.min(wanted.length, result.length); axis++) {
                more[result.length + axis] = wanted[axis] - result[axis];
            }
            unpooled = made.compute(
                    "Pad", List.of(unpooled, made.vector("pads", more)), Map.of("mode", Attribute.of("constant")));
        }
        made.output(0, unpooled);
        return made.nodes();
    }

    /** A convolution of what came before and what comes now, which leaves the end of both for the next. */
    static List<Node> causalConvolution(Node node, Values values, Scope scope) {
        Assembly made = new Assembly(node, values, scope);
        int[] shape = made.shape(0);
        int[] weights = made.shape(1);
        String activation = node.text("activation");
        if (shape.length != 3 || weights.length != 3) {
            throw made.refused("", "an input of rank " + shape.length, "input and weight of rank 3");
        }
        int before = weights[2] - 1;
        Operand joined = node.input(0);
        if (before > 0) {
            Operand past = node.input(3) instanceof Operand.Value
                    ? node.input(3)
                    : made.constant("zeros", NdArray.allocate(made.type(0).element(), shape[0], shape[1], before));
            joined = made.joined(List.of(past, node.input(0)), 2);
        }
        Operand sums = made.compute(
                "Conv",
                List.of(joined, node.input(1), node.input(2)),
                Map.of(
                        "auto_pad", Attribute.of("NOTSET"),
                        "group", Attribute.of((long) shape[1]),
                        "kernel_shape", Attribute.of(weights[2]),
                        "strides", Attribute.of(new long[] {1}),
                        "dilations", Attribute.of(new long[] {1}),
                        "pads", Attribute.of(0, 0)));
        made.output(
                0,
                switch (activation) {
                    case "none" -> sums;
                    case "silu", "swish" -> made.compute("Swish", List.of(sums), Map.of("alpha", Attribute.of(1f)));
                    default -> throw made.refused("activation", "activation '" + activation + "'", "none, silu, swish");
                });
        if (node.output(1) instanceof Operand.Value) {
            made.output(1, made.sliced(joined, 2, shape[2], (long) shape[2] + before));
        }
        return made.nodes();
    }

    private static long[] list(Node node, String attribute, int length, long otherwise) {
        if (node.attribute(attribute).isPresent() && node.integers(attribute).length == length) {
            return node.integers(attribute);
        }
        long[] filled = new long[length];
        Arrays.fill(filled, otherwise);
        return filled;
    }

    private static long[] numbers(Assembly made, int input) {
        String name = made.around()
                .inputName(input)
                .orElseThrow(() -> made.refused("", "input " + input + " is missing", ""));
        return made.values()
                .constant(name)
                .orElseThrow(() -> Unbindable.needs(name))
                .toLongArray();
    }
}

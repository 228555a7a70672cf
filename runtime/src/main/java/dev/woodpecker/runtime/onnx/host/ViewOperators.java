package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Operators whose result is their first input in another shape, or its bits by another type: they move nothing, so that a plan
 * can give both the same memory.
 */
public final class ViewOperators {

    /** An operator of graphs here: input 0 with axes of extent 1 behind it, so that it lies at {@code axis} of input 1. */
    private static final String ALIGN_AXIS = new Operator(Operator.WOODPECKER, "AlignAxis").toString();

    private static final Map<String, ViewRule> TABLE = Map.of(
            "Identity",
            (_, shapes, _) -> shapes.get(0),
            "BitCast",
            (_, shapes, _) -> shapes.get(0),
            "Flatten",
            ViewOperators::flatten,
            "Reshape",
            ViewOperators::reshape,
            "Squeeze",
            ViewOperators::squeeze,
            "Unsqueeze",
            ViewOperators::unsqueeze,
            ALIGN_AXIS,
            ViewOperators::alignAxis);

    private ViewOperators() {}

    /** The shape of the result, by the shapes of all inputs and the values of those that say how to view. */
    @FunctionalInterface
    private interface ViewRule {
        int[] shape(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values);
    }

    public static boolean isView(Operator operator) {
        return TABLE.containsKey(operator.toString());
    }

    static Set<String> names() {
        return TABLE.keySet();
    }

    /**
     * The shape of a view.
     *
     * @param shapes of the node's inputs, absent ones left empty
     * @param values of the inputs by their index, as far as known: that at 0 is never asked for
     * @throws OperatorException if the inputs do not fit, or a value that is needed is not known
     */
    public static int[] shape(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        ViewRule rule = TABLE.get(node.operator().toString());
        if (rule == null) {
            throw new IllegalArgumentException(node.operator() + " is no view; views are " + TABLE.keySet());
        }
        return rule.shape(node, shapes, values);
    }

    static List<NdArray> run(HostCall call) {
        List<int[]> shapes = new ArrayList<>();
        call.inputs().forEach(input -> shapes.add(input.map(NdArray::shape).orElse(new int[0])));
        NdArray view = call.input(0).reshape(shape(call.node(), shapes, call::optionalInput));
        if (call.node().operator().isOnnx("BitCast")) {
            DType type = ElementTypeOf.attribute(call, "to");
            if (type.bytes() != view.type().bytes()) {
                throw call.error("the bits of " + view.type().text() + " are not those of " + type.text());
            }
            view = view.reinterpret(type);
        }
        return List.of(view);
    }

    private static int[] flatten(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        int[] data = shapes.get(0);
        // The axis may be the rank: everything in the rows.
        int axis = axis(node, node.integer("axis"), data.length, data.length);
        return new int[] {product(data, 0, axis), product(data, axis, data.length)};
    }

    private static int[] reshape(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        int[] data = shapes.get(0);
        long[] wanted = value(node, 1, values);
        int[] result = new int[wanted.length];
        boolean zeroCopies = node.integer("allowzero") == 0;
        int open = -1;
        for (int axis = 0; axis < wanted.length; axis++) {
            if (wanted[axis] == 0 && zeroCopies) {
                if (axis >= data.length) {
                    throw misfit(
                            node, data, wanted, "0 at axis " + axis + " copies an axis that the input does not have");
                }
                result[axis] = data[axis];
            } else if (wanted[axis] == -1) {
                if (open >= 0) {
                    throw misfit(node, data, wanted, "-1 is there twice");
                }
                open = axis;
                result[axis] = 1;
            } else if (wanted[axis] < 0 || wanted[axis] > Integer.MAX_VALUE) {
                throw misfit(node, data, wanted, "extent " + wanted[axis]);
            } else {
                result[axis] = (int) wanted[axis];
            }
        }
        long elements = elements(data);
        long others = elements(result);
        if (open >= 0 && others > 0 && elements % others == 0) {
            result[open] = Math.toIntExact(elements / others);
        }
        if (elements(result) != elements) {
            throw misfit(node, data, wanted, elements + " elements do not fit");
        }
        return result;
    }

    private static OperatorException misfit(Node node, int[] data, long[] wanted, String problem) {
        return new OperatorException(
                node.place(), Arrays.toString(data) + " as " + Arrays.toString(wanted) + ": " + problem);
    }

    private static int[] squeeze(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        int[] data = shapes.get(0);
        boolean[] dropped = new boolean[data.length];
        if (node.inputName(1).isPresent()) {
            for (long given : value(node, 1, values)) {
                int axis = axis(node, given, data.length, data.length - 1);
                if (data[axis] != 1) {
                    throw new OperatorException(
                            node.place(), "axis " + axis + " of " + Arrays.toString(data) + " is not of extent 1");
                }
                dropped[axis] = true;
            }
        } else {
            for (int axis = 0; axis < data.length; axis++) {
                dropped[axis] = data[axis] == 1;
            }
        }
        List<Integer> kept = new ArrayList<>();
        for (int axis = 0; axis < data.length; axis++) {
            if (!dropped[axis]) {
                kept.add(data[axis]);
            }
        }
        return kept.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] unsqueeze(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        int[] data = shapes.get(0);
        long[] axes = value(node, 1, values);
        int[] result = new int[data.length + axes.length];
        for (long given : axes) {
            int axis = axis(node, given, result.length, result.length - 1);
            if (result[axis] == 1) {
                throw new OperatorException(node.place(), "axis " + axis + " is given twice");
            }
            result[axis] = 1;
        }
        boolean[] inserted = new boolean[result.length];
        for (int axis = 0; axis < result.length; axis++) {
            inserted[axis] = result[axis] == 1;
        }
        int next = 0;
        for (int axis = 0; axis < result.length; axis++) {
            if (!inserted[axis]) {
                result[axis] = data[next++];
            }
        }
        return result;
    }

    private static int[] alignAxis(Node node, List<int[]> shapes, IntFunction<Optional<NdArray>> values) {
        int[] data = shapes.get(0);
        int rank = shapes.get(1).length;
        if (data.length == 0) {
            return data;
        }
        int axis = axis(node, node.integer("axis"), rank, rank - 1);
        if (axis + data.length > rank) {
            throw new OperatorException(
                    node.place(), Arrays.toString(data) + " does not fit at axis " + axis + " of rank " + rank);
        }
        int[] result = new int[rank - axis];
        Arrays.fill(result, 1);
        System.arraycopy(data, 0, result, 0, data.length);
        return result;
    }

    private static long[] value(Node node, int input, IntFunction<Optional<NdArray>> values) {
        return values.apply(input)
                .orElseThrow(() -> new OperatorException(
                        node.place(), "the value of input " + input + " decides the shape and is not known yet"))
                .toLongArray();
    }

    private static int axis(Node node, long axis, int rank, int largest) {
        long fromFront = axis < 0 ? axis + rank : axis;
        if (fromFront < 0 || fromFront > largest) {
            throw new OperatorException(node.place(), "axis " + axis + " of a tensor of rank " + rank);
        }
        return (int) fromFront;
    }

    private static int product(int[] extents, int from, int to) {
        return Math.toIntExact(elements(Arrays.copyOfRange(extents, from, to)));
    }

    private static long elements(int[] extents) {
        return Arrays.stream(extents).asLongStream().reduce(1, Math::multiplyExact);
    }
}

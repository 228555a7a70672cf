package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.graph.Attribute;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;

/** Resize (ONNX operators, Resize): sizes and scales for every axis, whichever of them the node gives for some. */
final class ResizeRule {
    private ResizeRule() {}

    static NodeCall apply(NodeCall call, Values values) {
        int[] shape = call.first().shape();
        long[] axes = axes(call, shape.length);
        Optional<double[]> givenScales = ConstantInputs.elements(call, values, "scales")
                .map(dev.woodpecker.runtime.NdArray::toDoubleArray)
                .filter(list -> list.length > 0);
        Optional<long[]> givenSizes =
                ConstantInputs.integers(call, values, "sizes").filter(list -> list.length > 0);
        double[] scales = new double[shape.length];
        Arrays.fill(scales, 1);
        long[] sizes = Arrays.stream(shape).asLongStream().toArray();
        if (givenScales.isPresent()) {
            requireOneEach(call, "scales", givenScales.get().length, axes.length);
            for (int j = 0; j < axes.length; j++) {
                int axis = (int) axes[j];
                scales[axis] = givenScales.get()[j];
                // In fp32, as the scale is given: 1.6666666 times 3 is 5, not 4.
                sizes[axis] = (long) Math.floor((float) scales[axis] * shape[axis]);
            }
        } else if (givenSizes.isPresent()) {
            requireOneEach(call, "sizes", givenSizes.get().length, axes.length);
            ofSizes(call, givenSizes.get(), axes, shape, scales, sizes);
        } else {
            throw Unbindable.attribute(call, "scales", "neither scales nor sizes", "one of them");
        }
        NodeCall inputs = call.withoutInput("roi").withoutInput("scales").withoutInput("sizes");
        boolean nearest = call.integer("mode", 0) == 0;
        boolean antialias = call.integer("antialias", 0) != 0 && !nearest;
        return (antialias ? inputs : inputs.without("antialias"))
                .with("sizes", sizes)
                .with("scales", new Argument.Reals(Arrays.stream(scales).boxed().toList()));
    }

    private static void ofSizes(NodeCall call, long[] wanted, long[] axes, int[] shape, double[] scales, long[] sizes) {
        String policy = call.node().attribute("keep_aspect_ratio_policy").orElse(Attribute.of("stretch"))
                        instanceof Attribute.Text(String text)
                ? text
                : "stretch";
        for (int j = 0; j < axes.length; j++) {
            scales[(int) axes[j]] = (double) wanted[j] / shape[(int) axes[j]];
        }
        double[] ratios =
                Arrays.stream(axes).mapToDouble(axis -> scales[(int) axis]).toArray();
        double common = switch (policy) {
            case "not_larger" -> Arrays.stream(ratios).min().orElse(1);
            case "not_smaller" -> Arrays.stream(ratios).max().orElse(1);
            default -> 0;
        };
        for (int j = 0; j < axes.length; j++) {
            int axis = (int) axes[j];
            scales[axis] = common == 0 ? scales[axis] : common;
            sizes[axis] = common == 0 ? wanted[j] : Math.round(common * shape[axis]);
        }
    }

    /** The part of each axis that is resized, as shares of it: all begins, then all ends. */
    static double[] region(NodeCall call, Values values, int rank) {
        long[] axes = axes(call, rank);
        double[] given = ConstantInputs.elements(call, values, "roi")
                .map(dev.woodpecker.runtime.NdArray::toDoubleArray)
                .orElse(new double[0]);
        requireOneEach(call, "roi", given.length, 2 * axes.length);
        double[] region = new double[2 * rank];
        Arrays.fill(region, rank, 2 * rank, 1);
        for (int j = 0; j < axes.length; j++) {
            region[(int) axes[j]] = given[j];
            region[rank + (int) axes[j]] = given[axes.length + j];
        }
        return region;
    }

    private static long[] axes(NodeCall call, int rank) {
        return call.node().attribute("axes").isPresent()
                ? AxisRules.fromFront(call, "axes", call.node().integers("axes"), rank)
                : LongStream.range(0, rank).toArray();
    }

    private static void requireOneEach(NodeCall call, String input, int given, int axes) {
        if (given != axes) {
            throw Unbindable.attribute(call, input, given + " " + input + " for " + axes + " axes", "one for each");
        }
    }
}

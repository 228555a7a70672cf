package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Rules for operators that move elements to places that inputs say. */
final class MovementRules {
    private MovementRules() {}

    /** Slice: bounds from the front and clamped as NumPy does, axes and steps for all of them. */
    static NodeCall slice(NodeCall call, Values values) {
        int[] shape = call.first().shape();
        long[] starts = ConstantInputs.integers(call, values, "starts").orElse(new long[0]);
        long[] ends = ConstantInputs.integers(call, values, "ends").orElse(new long[0]);
        long[] axes = AxisRules.fromFront(
                call,
                "axes",
                ConstantInputs.integers(call, values, "axes")
                        .orElse(LongStream.range(0, starts.length).toArray()),
                shape.length);
        long[] ones = new long[starts.length];
        Arrays.fill(ones, 1);
        long[] steps = ConstantInputs.integers(call, values, "steps").orElse(ones);
        if (ends.length != starts.length || axes.length != starts.length || steps.length != starts.length) {
            throw Unbindable.attribute(
                    call,
                    "",
                    "%d starts, %d ends, %d axes, %d steps"
                            .formatted(starts.length, ends.length, axes.length, steps.length),
                    "as many of each");
        }
        for (int j = 0; j < starts.length; j++) {
            if (steps[j] == 0) {
                throw Unbindable.attribute(call, "steps", "a step of 0", "");
            }
            long extent = shape[(int) axes[j]];
            boolean forward = steps[j] > 0;
            starts[j] = bound(starts[j], extent, 0, forward ? extent : extent - 1);
            ends[j] = bound(ends[j], extent, forward ? 0 : -1, forward ? extent : extent - 1);
            // A step beyond the axis takes in one element, as the longest step within an int does.
            steps[j] = Math.clamp(steps[j], -Integer.MAX_VALUE / 2, Integer.MAX_VALUE / 2);
        }
        NodeCall inputs = call.withoutInput("starts")
                .withoutInput("ends")
                .withoutInput("axes")
                .withoutInput("steps");
        return inputs.with("starts", starts)
                .with("ends", ends)
                .with("axes", axes)
                .with("steps", steps);
    }

    private static long bound(long position, long extent, long least, long most) {
        long fromFront = position < 0 ? Math.max(position, -extent - 1) + extent : position;
        return Math.clamp(fromFront, least, Math.max(least, most));
    }

    /** Pad: pads for every axis, where the node may name those that it pads. */
    static NodeCall pad(NodeCall call, Values values) {
        int rank = call.first().rank();
        long[] given = ConstantInputs.integers(call, values, "pads").orElse(new long[2 * rank]);
        long[] axes = AxisRules.fromFront(
                call,
                "axes",
                ConstantInputs.integers(call, values, "axes")
                        .orElse(LongStream.range(0, rank).toArray()),
                rank);
        if (given.length != 2 * axes.length) {
            throw Unbindable.attribute(
                    call, "pads", given.length + " pads for " + axes.length + " axes", "a begin and an end for each");
        }
        long[] pads = new long[2 * rank];
        for (int j = 0; j < axes.length; j++) {
            pads[(int) axes[j]] = given[j];
            pads[rank + (int) axes[j]] = given[axes.length + j];
        }
        NodeCall padded = call.withoutInput("pads").withoutInput("axes").with("pads", pads);
        // A scalar is often written as a list of one.
        return call.tensor("constantValue")
                .filter(value -> value.rank() == 1 && value.shape()[0] == 1)
                .map(value -> padded.withInput(
                        "constantValue",
                        new NodeCall.Input.Tensor(
                                value.value(), TensorType.of(value.type().element()))))
                .orElse(padded);
    }

    /** ConstantOfShape: its one input is the shape. */
    static NodeCall constantOfShape(NodeCall call, Values values) {
        long[] shape = ConstantInputs.integers(call, values, "input").orElse(new long[0]);
        NodeCall shaped = call.withoutInput("input").with("shape", shape);
        var value = call.node().attribute("value");
        if (value.isPresent() && value.get() instanceof dev.woodpecker.runtime.graph.Attribute.Tensor(var elements)) {
            return shaped.with("value", new Argument.Real(elements.getDouble(0)))
                    .withOutputType(0, elements.type());
        }
        return shaped.with("value", new Argument.Real(0)).withOutputType(0, dev.woodpecker.compiler.ir.DType.F32);
    }
}

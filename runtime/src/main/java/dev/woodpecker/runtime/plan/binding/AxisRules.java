package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Rules for attributes that name axes. */
final class AxisRules {
    private AxisRules() {}

    /** An axis of the first input, counted from the front. */
    static CallRule axis(String attribute) {
        return axis(attribute, 0);
    }

    /** An axis of a tensor of {@code moreAxes} axes more than the first input, counted from the front. */
    static CallRule axis(String attribute, int moreAxes) {
        return (call, values) -> call.attribute(attribute).isEmpty()
                ? call
                : call.with(
                        attribute,
                        fromFront(
                                call,
                                attribute,
                                call.integer(attribute, 0),
                                call.first().rank() + moreAxes));
    }

    /** An axis that is an input. */
    static CallRule axisInput(String input) {
        return (call, values) -> {
            long[] axis = ConstantInputs.integers(call, values, input).orElse(new long[] {0});
            return call.withoutInput(input)
                    .with(input, fromFront(call, input, axis[0], call.first().rank()));
        };
    }

    /** A list of axes of the first input. */
    static CallRule axes(String attribute) {
        return (call, values) -> {
            long[] axes = call.integers(attribute).orElse(new long[0]);
            return call.with(
                    attribute, fromFront(call, attribute, axes, call.first().rank()));
        };
    }

    /** The axes to reduce: an input; where absent or empty all, or none if the node says so. */
    static NodeCall reducedAxes(NodeCall call, Values values) {
        int rank = call.first().rank();
        long[] given = ConstantInputs.integers(call, values, "axes").orElse(new long[0]);
        boolean none = given.length == 0 && call.integer("noopWithEmptyAxes", 0) != 0;
        long[] axes = given.length == 0 && !none ? LongStream.range(0, rank).toArray() : given;
        return call.withoutInput("axes").with("axes", fromFront(call, "axes", axes, rank));
    }

    /** Transpose's default: the axes in reverse. */
    static NodeCall permutation(NodeCall call, Values values) {
        int rank = call.first().rank();
        return call.attribute("perm").isPresent()
                ? call
                : call.with(
                        "perm", LongStream.range(0, rank).map(i -> rank - 1 - i).toArray());
    }

    static long[] fromFront(NodeCall call, String attribute, long[] axes, int rank) {
        long[] result = Arrays.stream(axes)
                .map(axis -> fromFront(call, attribute, axis, rank))
                .toArray();
        if (Arrays.stream(result).distinct().count() != result.length) {
            throw Unbindable.attribute(
                    call, attribute, attribute + " = " + Arrays.toString(axes) + " names an axis twice", "");
        }
        return result;
    }

    static long fromFront(NodeCall call, String attribute, long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw Unbindable.attribute(
                    call,
                    attribute,
                    attribute + " = " + axis + " on a tensor of rank " + rank,
                    attribute + " = " + -rank + " to " + (rank - 1) + " there");
        }
        return axis < 0 ? axis + rank : axis;
    }

    /** The default of an attribute that the node may leave out. */
    static CallRule byDefault(String attribute, long value) {
        return (call, values) -> call.attribute(attribute).isPresent() ? call : call.with(attribute, value);
    }

    /** A scalar input as an attribute, or this where it is absent. */
    static CallRule scalarInput(String input, long absent) {
        return (call, values) -> {
            Argument value = ConstantInputs.elements(call, values, input)
                    .map(elements -> ConstantInputs.asArgument(elements, false))
                    .orElse(new Argument.Integer(absent));
            return call.withoutInput(input).with(input, value);
        };
    }
}

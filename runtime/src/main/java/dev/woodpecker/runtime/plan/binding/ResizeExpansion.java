package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.Scope;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Resize over axes that no kernel takes at once, such as those of a map with its channels last: one axis after another. */
final class ResizeExpansion {
    private static final int NEAREST = 0;
    private static final int LINEAR = 1;
    /** The position of {@code tf_crop_and_resize} among the texts of its attribute. */
    private static final int CROPPED = 5;

    private ResizeExpansion() {}

    static List<Node> byAxis(Node node, Values values, Scope scope) {
        NodeCall call = NodeCalls.of(node, values);
        long mode = call.integer("mode", NEAREST);
        boolean cropped = call.integer("coordinateTransformationMode", 0) == CROPPED;
        boolean antialias = call.integer("antialias", 0) != 0 && mode != NEAREST;
        if (mode == NEAREST && !cropped || antialias) {
            return List.of(node);
        }
        int[] shape = call.first().shape();
        NodeCall sized = ResizeRule.apply(call, values);
        long[] sizes = sized.integers("sizes").orElseThrow();
        boolean leading = shape.length < 2 || sizes[0] != shape[0] || sizes[1] != shape[1];
        boolean taken = !leading && (shape.length == 4 || shape.length == 3 && mode == LINEAR);
        if (taken && !cropped) {
            return List.of(node);
        }
        List<Double> scales =
                sized.attributes().get("scales") instanceof Argument.Reals(List<Double> list) ? list : List.of();
        double[] region = cropped ? ResizeRule.region(call, values, shape.length) : new double[0];
        Assembly made = new Assembly(node, values, scope);
        Operand value = node.input(0);
        for (int axis = 0; axis < shape.length; axis++) {
            boolean whole = !cropped || region[axis] == 0 && region[shape.length + axis] == 1;
            if (sizes[axis] == shape[axis] && scales.get(axis) == 1 && whole) {
                continue;
            }
            Map<String, Attribute> attributes = new TreeMap<>(Map.of(
                    "axis", Attribute.of((long) axis),
                    "size", Attribute.of(sizes[axis]),
                    "scale", Attribute.of(scales.get(axis).floatValue()),
                    "mode", Attribute.of(mode),
                    "coordinate_transformation_mode", Attribute.of(call.integer("coordinateTransformationMode", 0)),
                    "start", Attribute.of(cropped ? (float) region[axis] : 0f),
                    "end", Attribute.of(cropped ? (float) region[shape.length + axis] : 1f),
                    "extrapolation_value", Attribute.of(node.number("extrapolation_value"))));
            if (mode == NEAREST) {
                attributes.put("nearest_mode", Attribute.of(call.integer("nearestMode", 0)));
            } else {
                attributes.put("cubic_coeff_a", Attribute.of(node.number("cubic_coeff_a")));
                attributes.put("exclude_outside", Attribute.of(node.integer("exclude_outside")));
            }
            Operand resized = made.fresh("axis" + axis);
            made.result(new Operator(Operator.WOODPECKER, "ResizeAxis"), List.of(value), attributes, List.of(resized));
            value = resized;
        }
        made.output(0, value);
        return made.nodes();
    }
}

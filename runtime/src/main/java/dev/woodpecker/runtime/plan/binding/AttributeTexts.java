package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import dev.woodpecker.compiler.expr.Binding.Argument;
import java.util.List;
import java.util.Map;

/** The numbers that kernels take for attributes that ONNX writes as texts: the position in these lists. */
final class AttributeTexts {
    private static final Map<String, List<String>> TEXTS = Map.ofEntries(
            entry("BitShift.direction", List.of("LEFT", "RIGHT")),
            entry("DepthToSpace.mode", List.of("DCR", "CRD")),
            entry("Gelu.approximate", List.of("none", "tanh")),
            entry("GridSample.mode", List.of("nearest", "linear", "cubic")),
            entry("GridSample.paddingMode", List.of("zeros", "border", "reflection")),
            entry("NegativeLogLikelihoodLoss.reduction", List.of("none", "sum", "mean")),
            entry("Pad.mode", List.of("constant", "reflect", "edge", "wrap")),
            entry("ScatterElements.reduction", List.of("none", "add", "mul", "max", "min")),
            entry("RoiAlign.coordinateTransformationMode", List.of("half_pixel", "output_half_pixel")),
            entry("RoiAlign.mode", List.of("avg", "max")),
            entry("SoftmaxCrossEntropyLoss.reduction", List.of("none", "sum", "mean")),
            entry("TensorScatter.mode", List.of("linear", "circular")),
            entry("Resize.mode", List.of("nearest", "linear", "cubic")),
            entry("Resize.nearestMode", List.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")),
            entry(
                    "Resize.coordinateTransformationMode",
                    List.of(
                            "half_pixel",
                            "half_pixel_symmetric",
                            "pytorch_half_pixel",
                            "align_corners",
                            "asymmetric",
                            "tf_crop_and_resize")));

    private AttributeTexts() {}

    /** Whether the attribute stands for a number. */
    static boolean isEnumeration(NodeCall call, String attribute) {
        return TEXTS.containsKey(call.operator() + "." + attribute);
    }

    static Argument number(NodeCall call, String attribute, String text) {
        List<String> texts = TEXTS.getOrDefault(call.operator() + "." + attribute, List.of());
        int number = texts.indexOf(text);
        if (number < 0) {
            throw Unbindable.attribute(
                    call, attribute, attribute + " = \"" + text + "\"", attribute + " = " + String.join(", ", texts));
        }
        return new Argument.Integer(number);
    }
}

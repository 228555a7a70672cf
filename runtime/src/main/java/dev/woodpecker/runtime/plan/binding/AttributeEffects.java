package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Attributes that not every kernel of an operator takes, because with their usual value they change nothing. */
final class AttributeEffects {
    private static final List<String> ANY = List.of();

    /** The values, as texts, that an attribute may have without a kernel knowing of it; all if there are none. */
    private static final Map<String, List<String>> NEUTRAL = Map.ofEntries(
            entry("Attention.softmax_precision", List.of("f16", "bf16", "f32")), // sums are of 32 bits
            entry("AveragePool.auto_pad", ANY), // rules make it pads
            entry("BatchNormalization.is_test", ANY),
            entry("BatchNormalization.momentum", ANY),
            entry("BatchNormalization.spatial", List.of("1")),
            entry("BatchNormalization.training_mode", List.of("0")),
            entry("BlackmanWindow.output_datatype", ANY), // rules make it the type of the output
            entry("Cast.round_mode", ANY), // of 8-bit floats alone
            entry("Cast.saturate", ANY),
            entry("Cast.to", ANY), // rules make it the type of the output
            entry("CastLike.round_mode", ANY),
            entry("CastLike.saturate", ANY),
            entry("ConstantOfShape.value", ANY),
            entry("Conv.auto_pad", ANY),
            entry("Conv.kernel_shape", ANY), // the weights say it too
            entry("ConvInteger.auto_pad", ANY),
            entry("ConvInteger.kernel_shape", ANY),
            entry("ConvTranspose.auto_pad", ANY),
            entry("ConvTranspose.kernel_shape", ANY),
            entry("ConvTranspose.output_shape", ANY),
            entry("DeformConv.kernel_shape", ANY),
            entry("DequantizeLinear.output_dtype", ANY),
            entry("EyeLike.dtype", ANY),
            entry("GroupNormalization.stash_type", List.of("f32")),
            entry("HammingWindow.output_datatype", ANY),
            entry("HannWindow.output_datatype", ANY),
            entry("LayerNormalization.stash_type", List.of("f32")),
            entry("LpPool.auto_pad", ANY),
            entry("MaxPool.auto_pad", ANY),
            entry("MelWeightMatrix.output_datatype", ANY),
            entry("QLinearConv.auto_pad", ANY),
            entry("QLinearConv.kernel_shape", ANY),
            entry("QuantizeLinear.output_dtype", ANY),
            entry("QuantizeLinear.precision", ANY), // quotients are of 32 bits or more
            entry("QuantizeLinear.saturate", ANY), // of 8-bit floats alone
            entry("RMSNormalization.stash_type", List.of("f32")),
            entry("Range.stash_type", ANY),
            entry("Resize.axes", ANY),
            entry("Resize.extrapolation_value", ANY), // of tf_crop_and_resize alone
            entry("Resize.keep_aspect_ratio_policy", ANY),
            entry("SpaceToDepth.mode", List.of("DCR")));

    /** Attributes, in camel case, that only some of an operator's kernels depend on. */
    private static final Set<String> OF_SOME_KERNELS = Set.of(
            "ConvInteger.wOffset",
            "ConvInteger.xOffset",
            "MatMulInteger.aOffset",
            "MatMulInteger.bOffset",
            "QLinearConv.wOffset",
            "QLinearConv.xOffset",
            "QLinearMatMul.aOffset",
            "QLinearMatMul.bOffset",
            "MaxPool.least",
            "MaxPool.storageOrder",
            "Resize.cubicCoeffA",
            "Resize.excludeOutside",
            "Resize.nearestMode",
            "ReduceL1.noopWithEmptyAxes",
            "ReduceL2.noopWithEmptyAxes",
            "ReduceLogSum.noopWithEmptyAxes",
            "ReduceLogSumExp.noopWithEmptyAxes",
            "ReduceMax.noopWithEmptyAxes",
            "ReduceMean.noopWithEmptyAxes",
            "ReduceMin.noopWithEmptyAxes",
            "ReduceProd.noopWithEmptyAxes",
            "ReduceSum.noopWithEmptyAxes",
            "ReduceSumSquare.noopWithEmptyAxes");

    private AttributeEffects() {}

    /** Whether kernels need not know of the attribute because rules read it or its value changes nothing. */
    static boolean isNeutral(Node node, String attribute, Attribute value) {
        List<String> allowed = NEUTRAL.get(node.operator() + "." + attribute);
        if (allowed == null) {
            return false;
        }
        String text = value instanceof Attribute.Text(String raw) ? raw : value.toString();
        if (allowed.isEmpty() || allowed.contains(text)) {
            return true;
        }
        if (value instanceof Attribute.ElementType(var type) && allowed.contains(type.text())) {
            return true;
        }
        throw Unbindable.unsupported(
                node,
                dev.woodpecker.runtime.UnsupportedModelException.Subject.ATTRIBUTE,
                attribute,
                attribute + " = " + text,
                attribute + " = " + String.join(", ", allowed));
    }

    /** Whether a kernel without this attribute, in camel case, is as right as one with it. */
    static boolean isOfSomeKernels(String operator, String attribute) {
        return OF_SOME_KERNELS.contains(operator + "." + attribute);
    }
}

package dev.woodpecker.runtime.plan.binding;

import static java.util.Map.entry;

import dev.woodpecker.runtime.graph.Operator;
import java.util.List;
import java.util.Map;

/** The rules of each operator of ONNX, applied in order. An operator that is not here is taken as it stands. */
final class CallRules {
    private static final List<CallRule> AXIS = List.of(AxisRules.axis("axis"));
    private static final List<CallRule> REDUCTION = List.of(AxisRules::reducedAxes);
    private static final List<CallRule> AXIS_INPUT = List.of(AxisRules.axisInput("axis"));
    private static final List<CallRule> POOL = List.of(AxisRules.byDefault("ceilMode", 0), WindowRules::pool);

    private static final Map<String, List<CallRule>> TABLE = Map.ofEntries(
            entry("ArgMax", List.of(AxisRules.axis("axis"), AxisRules.byDefault("selectLastIndex", 0))),
            entry("ArgMin", List.of(AxisRules.axis("axis"), AxisRules.byDefault("selectLastIndex", 0))),
            entry(
                    "Attention",
                    List.of(
                            AttentionRules::attention,
                            AxisRules.byDefault("leftWindowSize", -1),
                            AxisRules.byDefault("rightWindowSize", -1))),
            entry(
                    "AveragePool",
                    List.of(
                            AxisRules.byDefault("ceilMode", 0),
                            AxisRules.byDefault("countIncludePad", 0),
                            WindowRules::pool)),
            entry("BlackmanWindow", List.of(TypeRules.outputType("output_datatype"))),
            entry("Cast", List.of(TypeRules.outputType("to"))),
            entry("Concat", AXIS),
            entry("ConstantOfShape", List.of(MovementRules::constantOfShape)),
            entry("Conv", List.of(WindowRules::convolution)),
            entry(
                    "ConvInteger",
                    List.of(WindowRules::convolution, QuantizationRules::sums, QuantizationRules.offsets("x", "w"))),
            entry("ConvTranspose", List.of(WindowRules::transposedConvolution)),
            entry("CumProd", AXIS_INPUT),
            entry("CumSum", AXIS_INPUT),
            entry("DFT", List.of(SignalRules::dft)),
            entry("DeformConv", List.of(WindowRules::convolution)),
            entry("DepthToSpace", List.of(AxisRules.byDefault("mode", 0))),
            entry("DequantizeLinear", List.of(QuantizationRules::dequantize)),
            entry("DynamicQuantizeLinear", List.of(QuantizationRules::dynamic)),
            entry("EyeLike", List.of(TypeRules.outputType("dtype"))),
            entry("Gather", AXIS),
            entry("GatherElements", AXIS),
            entry("GatherND", List.of(AxisRules.byDefault("batchDims", 0))),
            entry("HammingWindow", List.of(TypeRules.outputType("output_datatype"))),
            entry("HannWindow", List.of(TypeRules.outputType("output_datatype"))),
            entry("Hardmax", AXIS),
            entry("LayerNormalization", AXIS),
            entry("LogSoftmax", AXIS),
            entry("LpNormalization", AXIS),
            entry("LpPool", POOL),
            entry(
                    "MatMulInteger",
                    List.of(
                            QuantizationRules.byRow("aZeroPoint"),
                            QuantizationRules::sums,
                            QuantizationRules.offsets("a", "b"))),
            entry(
                    "MaxPool",
                    List.of(
                            AxisRules.byDefault("ceilMode", 0),
                            AxisRules.byDefault("storageOrder", 0),
                            QuantizationRules::greatest,
                            WindowRules::pool)),
            entry("MeanVarianceNormalization", List.of(AxisRules.axes("axes"))),
            entry("MelWeightMatrix", List.of(TypeRules.outputType("output_datatype"))),
            entry("NegativeLogLikelihoodLoss", List.of(AxisRules.byDefault("ignoreIndex", Integer.MIN_VALUE))),
            entry("OneHot", List.of(AxisRules.axis("axis", 1), TypeRules.typeOf("values"))),
            entry("Pad", List.of(MovementRules::pad)),
            entry("Pow", List.of(TypeRules.typeOf("x"))),
            entry(
                    "QLinearConv",
                    List.of(WindowRules::convolution, QuantizationRules::product, QuantizationRules.offsets("x", "w"))),
            entry(
                    "QLinearMatMul",
                    List.of(
                            QuantizationRules.byRow("aScale", "aZeroPoint", "yScale", "yZeroPoint"),
                            QuantizationRules::product,
                            QuantizationRules.offsets("a", "b"))),
            entry("QuantizeLinear", List.of(QuantizationRules::quantize)),
            entry("RMSNormalization", AXIS),
            entry("Range", List.of(TypeRules.typeOf("start"))),
            entry("ReduceL1", REDUCTION),
            entry("ReduceL2", REDUCTION),
            entry("ReduceLogSum", REDUCTION),
            entry("ReduceLogSumExp", REDUCTION),
            entry("ReduceMax", REDUCTION),
            entry("ReduceMean", REDUCTION),
            entry("ReduceMin", REDUCTION),
            entry("ReduceProd", REDUCTION),
            entry("ReduceSum", REDUCTION),
            entry("ReduceSumSquare", REDUCTION),
            entry("Resize", List.of(ResizeRule::apply)),
            entry("ReverseSequence", List.of(AxisRules.axis("batchAxis"), AxisRules.axis("timeAxis"))),
            entry("RotaryEmbedding", List.of(AxisRules.byDefault("numHeads", 0))),
            entry("STFT", List.of(SignalRules::shortTimeFourier)),
            entry("ScatterElements", List.of(AxisRules.axis("axis"), AxisRules.byDefault("reduction", 0))),
            entry("Slice", List.of(MovementRules::slice)),
            entry("Softmax", AXIS),
            entry("SoftmaxCrossEntropyLoss", List.of(AxisRules.byDefault("ignoreIndex", Integer.MIN_VALUE))),
            entry("TensorScatter", AXIS),
            entry("Transpose", List.of(AxisRules::permutation)),
            entry("Trilu", List.of(AxisRules.scalarInput("k", 0), AxisRules.byDefault("upper", 1))));

    private CallRules() {}

    static List<CallRule> of(Operator operator) {
        return TABLE.getOrDefault(operator.toString(), List.of());
    }
}

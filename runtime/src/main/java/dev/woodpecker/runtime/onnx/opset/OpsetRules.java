package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Which rule holds for which operator, and in opsets before which one. */
public final class OpsetRules {

    /** Of rules that hold in every opset: what inference leaves out, and forms that are better told apart. */
    private static final int ALWAYS = Integer.MAX_VALUE;

    private static final List<Entry> TABLE = List.of(
            new Entry(
                    7,
                    new BroadcastAxis(),
                    "Add",
                    "And",
                    "Div",
                    "Equal",
                    "Greater",
                    "Less",
                    "Mul",
                    "Or",
                    "Pow",
                    "Sub",
                    "Xor"),
            new Entry(7, new GemmBroadcast(), "Gemm"),
            new Entry(7, new ChannelSlope(), "PRelu"),
            new Entry(7, new RecurrentOutputSequence(), "GRU", "LSTM", "RNN"),
            new Entry(13, new FlattenedSoftmax(), "Softmax", "LogSoftmax", "Hardmax"),
            new Entry(16, new RoiAlignOldCoordinates(), "RoiAlign"),
            new Entry(20, new GridSampleOldModes(), "GridSample"),
            new Entry(21, new GroupNormalizationPerGroup(), "GroupNormalization"),
            new Entry(9, new ScanOverBatch(), "Scan"),
            new Entry(11, new ResizeOfOpset10(), "Resize"),
            new Entry(ALWAYS, new ResizeEmptyInputs(), "Resize"),
            new Entry(ALWAYS, new UpsampleToResize(), "Upsample"),
            new Entry(ALWAYS, new ScatterToScatterElements(), "Scatter"),
            new Entry(ALWAYS, new BatchNormalizationInference(), "BatchNormalization"),
            new Entry(ALWAYS, new DropoutInference(), "Dropout"),
            new Entry(ALWAYS, new SplitIntoOutputs(), "Split"),
            new Entry(ALWAYS, new AffineToMulAdd(), "Affine"),
            new Entry(ALWAYS, new CropToSlice(), "Crop"),
            new Entry(ALWAYS, new ImageScalerToMulAdd(), "ImageScaler"),
            new Entry(ALWAYS, new ParametricSoftplusToSoftplus(), "ParametricSoftplus"),
            new Entry(ALWAYS, new ScaledTanhToTanh(), "ScaledTanh"));

    private OpsetRules() {}

    private record Entry(int before, OpsetRule rule, Set<String> operators) {
        Entry(int before, OpsetRule rule, String... operators) {
            this(before, rule, Set.of(operators));
        }
    }

    /** The operators that have a rule. */
    public static Set<String> operators() {
        return TABLE.stream().flatMap(entry -> entry.operators().stream()).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * What a node of ONNX's domain means in the newest opset; empty if it is in the newest form. Attributes of its
     * opset have their defaults, and those that became inputs have been turned into these.
     *
     * @param constants the value of a name, if that is a constant
     * @param freshNames makes a name that the model does not have yet
     */
    public static Optional<Rewrite> rewrite(
            Node node, int opset, Function<String, Optional<NdArray>> constants, UnaryOperator<String> freshNames) {
        return TABLE.stream()
                .filter(entry -> opset < entry.before()
                        && entry.operators().contains(node.operator().name()))
                .findFirst()
                .map(entry -> {
                    Rewrite rewrite = new Rewrite(node, constants, freshNames);
                    entry.rule().apply(rewrite);
                    return rewrite;
                });
    }
}

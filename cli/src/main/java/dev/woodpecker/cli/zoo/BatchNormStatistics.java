package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.onnx.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the statistics of batch normalisations in one run. In a copy of the model each normalisation takes mean and variance
 * from its very input, as in training, and gives them out: each then sees what those before it have normalised.
 *
 * <pre>
 * y = BatchNormalization(x, scale, bias, mean, variance)
 *   ->  mean' = ReduceMean(x, [0, 2, 3]);  variance' = ReduceMean((x - mean')^2, [0, 2, 3])
 *       y = BatchNormalization(x, scale, bias, mean', variance')
 * </pre>
 */
final class BatchNormStatistics {

    private static final int MEAN = 3;
    private static final int VARIANCE = 4;

    /**
     * Statistics are kept to 12 significant bits: sums that another machine adds in another order then nearly always give
     * the same file.
     */
    private static final int BITS_LEFT_OUT = 12;

    private BatchNormStatistics() {}

    /** Replaces the statistics in {@code model} by those that inputs lead to; nothing happens if there are none. */
    static void calibrate(OnnxModelBuilder model, Map<String, NdArray> inputs, Calibrator calibrator) {
        OnnxModelBuilder copy = new OnnxModelBuilder(model.graphName(), model.opset());
        model.inputs().forEach((name, type) -> copy.input(name, type.orElseThrow()));
        model.initializers().forEach(copy::initializer);
        // By the statistic that the model has, the value that the copy computes for it.
        Map<String, String> computed = new LinkedHashMap<>();
        for (Node node : model.nodes()) {
            copy.node(node.operator().isOnnx("BatchNormalization") ? measured(copy, node, computed) : node);
        }
        if (computed.isEmpty()) {
            return;
        }
        computed.keySet().forEach(copy::removeInitializer);
        computed.values().forEach(copy::output);
        Map<String, NdArray> outputs = CalibrationRun.of(copy, inputs, calibrator);
        computed.forEach((statistic, value) -> {
            NdArray output = outputs.get(value);
            if (output == null) {
                throw new IllegalStateException("the calibration run gave no '" + value + "' but " + outputs.keySet());
            }
            NdArray rounded = output.copy();
            for (long i = 0; i < rounded.elements(); i++) {
                rounded.set(i, (double) rounded((float) rounded.getDouble(i)));
            }
            model.initializer(statistic, TensorSource.of(rounded));
        });
    }

    private static Node measured(OnnxModelBuilder copy, Node node, Map<String, String> computed) {
        String x = node.inputName(0).orElseThrow();
        String at = node.name() + "/calibration/";
        copy.node("ReduceMean", List.of(x), at + "kept", reduction(1));
        copy.node("Sub", List.of(x, at + "kept"), at + "centered", Map.of());
        copy.node("Mul", List.of(at + "centered", at + "centered"), at + "squared", Map.of());
        copy.node("ReduceMean", List.of(x), at + "mean", reduction(0));
        copy.node("ReduceMean", List.of(at + "squared"), at + "variance", reduction(0));
        computed.put(node.inputName(MEAN).orElseThrow(), at + "mean");
        computed.put(node.inputName(VARIANCE).orElseThrow(), at + "variance");
        List<Operand> inputs = new ArrayList<>(node.inputs());
        inputs.set(MEAN, Operand.of(at + "mean"));
        inputs.set(VARIANCE, Operand.of(at + "variance"));
        return node.withInputs(inputs);
    }

    private static Map<String, Attribute> reduction(int keepdims) {
        return Map.of("axes", Attribute.of(0, 2, 3), "keepdims", Attribute.of(keepdims));
    }

    private static float rounded(float value) {
        int half = 1 << BITS_LEFT_OUT - 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(value) + half >> BITS_LEFT_OUT << BITS_LEFT_OUT);
    }
}

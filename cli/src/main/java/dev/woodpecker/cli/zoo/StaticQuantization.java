package dev.woodpecker.cli.zoo;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A model of floats as ONNX Runtime's static quantisation writes it, in QDQ form: each value between nodes is quantised to
 * unsigned bytes and back, each weight is signed bytes and has a scale for each output, each bias is integers at the scale
 * of the products. What the values span is found by running the model once.
 *
 * <pre>
 * y = Conv(x, w, b)
 *   ->  x' = DequantizeLinear(QuantizeLinear(x, s, z), s, z)
 *       y = Conv(x', DequantizeLinear(wq, t), DequantizeLinear(bq, s * t))
 * </pre>
 */
final class StaticQuantization {
    /** Whose results are quantised after them: the activation becomes part of the layer. */
    private static final Set<String> ACTIVATIONS = Set.of("Relu", "Clip");

    private static final Set<String> LAYERS = Set.of("Conv", "Gemm", "MatMul");

    private static final double GREATEST_WEIGHT = 127;
    private static final double GREATEST_BYTE = 255;

    private final OnnxModelBuilder model;
    private final OnnxModelBuilder quantized;
    private final Map<String, Range> ranges = new HashMap<>();
    private final Map<String, String> dequantized = new HashMap<>();

    /** How bytes stand for a value. */
    private record Range(float scale, int zeroPoint) {
        static Range of(NdArray values) {
            double least = 0;
            double greatest = 0;
            for (long i = 0; i < values.elements(); i++) {
                least = Math.min(least, values.getDouble(i));
                greatest = Math.max(greatest, values.getDouble(i));
            }
            float scale = least == greatest ? 1 : (float) ((greatest - least) / GREATEST_BYTE);
            return new Range(scale, (int) Math.rint(-least / scale));
        }
    }

    private StaticQuantization(OnnxModelBuilder model) {
        this.model = model;
        this.quantized = new OnnxModelBuilder(model.graphName(), model.opset());
    }

    /**
     * @param model without batch normalisations
     * @param inputs to find the spans of values with
     */
    static OnnxModelBuilder quantized(OnnxModelBuilder model, Map<String, NdArray> inputs, Calibrator calibrator) {
        StaticQuantization quantization = new StaticQuantization(model);
        quantization.findRanges(inputs, calibrator);
        return quantization.written();
    }

    private void findRanges(Map<String, NdArray> inputs, Calibrator calibrator) {
        OnnxModelBuilder copy = new OnnxModelBuilder(model.graphName(), model.opset());
        model.inputs().forEach((name, type) -> copy.input(name, type.orElseThrow()));
        model.initializers().forEach(copy::initializer);
        model.nodes().forEach(copy::node);
        Set<String> values = new LinkedHashSet<>();
        model.nodes().forEach(node -> values.addAll(node.definedNames()));
        values.forEach(copy::output);
        CalibrationRun.of(copy, inputs, calibrator).forEach((name, array) -> ranges.put(name, Range.of(array)));
        inputs.forEach((name, array) -> ranges.put(name, Range.of(array)));
    }

    private OnnxModelBuilder written() {
        model.inputs().forEach((name, type) -> quantized.input(name, type.orElseThrow()));
        Set<String> weights = new LinkedHashSet<>(model.initializers().keySet());
        for (Node node : model.nodes()) {
            List<Operand> inputs = new ArrayList<>();
            for (int i = 0; i < node.inputs().size(); i++) {
                inputs.add(Operand.of(operand(node, i)));
            }
            inputs.stream().map(Operand::toString).filter(weights::contains).forEach(this::keep);
            quantized.node(node.withInputs(inputs));
        }
        model.outputs().forEach((name, type) -> quantized.output(name, type.orElseThrow()));
        return quantized;
    }

    private void keep(String weight) {
        quantized.initializer(
                weight, Objects.requireNonNull(model.initializers().get(weight)));
    }

    /** What a node reads instead of its input. */
    private String operand(Node node, int index) {
        String name = node.inputName(index).orElse("");
        boolean weight = model.initializers().containsKey(name);
        boolean layer = LAYERS.contains(node.operator().name());
        if (weight) {
            return !layer ? name : index == 1 ? weights(node, name) : bias(node, name);
        }
        boolean insideLayer = ACTIVATIONS.contains(node.operator().name());
        return insideLayer ? name : dequantized.computeIfAbsent(name, this::value);
    }

    /** A value through bytes. */
    private String value(String name) {
        Range range = range(name);
        Node producer = producer(name).orElse(null);
        // A greatest element of bytes is a byte, and so is one that was only moved.
        if (producer != null
                && Set.of("MaxPool", "Flatten", "Reshape")
                        .contains(producer.operator().name())) {
            range = range(producer.inputName(0).orElseThrow());
            ranges.put(name, range);
        }
        quantized.initializer(name + ".scale", NdArray.scalar(range.scale()));
        quantized.initializer(
                name + ".zero", NdArray.scalar((long) range.zeroPoint()).convert(DType.U8));
        String bytes = name + ".quantized";
        quantized.node("QuantizeLinear", List.of(name, name + ".scale", name + ".zero"), bytes, Map.of());
        return dequantize(bytes, name + ".scale", name + ".zero", name + ".dequantized", Map.of());
    }

    private String dequantize(String bytes, String scale, String zero, String to, Map<String, Attribute> attributes) {
        quantized.node(
                "DequantizeLinear",
                zero.isEmpty() ? List.of(bytes, scale) : List.of(bytes, scale, zero),
                to,
                attributes);
        return to;
    }

    private Optional<Node> producer(String value) {
        return model.nodes().stream()
                .filter(node -> node.definedNames().contains(value))
                .findFirst();
    }

    private Range range(String value) {
        return Optional.ofNullable(ranges.get(value))
                .orElseThrow(() -> new IllegalStateException("no range of " + value));
    }

    /** Outputs are the first axis of a convolution's weights and of a transposed matrix, else the last. */
    private static int outputAxis(Node layer) {
        boolean first = layer.operator().isOnnx("Conv")
                || layer.operator().isOnnx("Gemm")
                        && layer.attribute("transB")
                                .filter(Attribute.of(1)::equals)
                                .isPresent();
        return first ? 0 : 1;
    }

    private String weights(Node layer, String name) {
        NdArray floats = array(name);
        int axis = outputAxis(layer);
        float[] scales = weightScales(floats, axis);
        NdArray bytes = NdArray.allocate(DType.I8, floats.shape());
        for (long i = 0; i < floats.elements(); i++) {
            bytes.set(i, Math.rint(floats.getDouble(i) / scales[position(floats, axis, i)]));
        }
        quantized.initializer(name + ".quantized", bytes);
        quantized.initializer(name + ".scale", NdArray.of(scales, scales.length));
        quantized.initializer(name + ".zero", NdArray.allocate(DType.I8, scales.length));
        return dequantize(
                name + ".quantized",
                name + ".scale",
                name + ".zero",
                name + ".dequantized",
                Map.of("axis", Attribute.of(axis)));
    }

    private static float[] weightScales(NdArray weights, int axis) {
        double[] greatest = new double[weights.size(axis)];
        for (long i = 0; i < weights.elements(); i++) {
            int output = position(weights, axis, i);
            greatest[output] = Math.max(greatest[output], Math.abs(weights.getDouble(i)));
        }
        float[] scales = new float[greatest.length];
        for (int k = 0; k < scales.length; k++) {
            scales[k] = greatest[k] == 0 ? 1 : (float) (greatest[k] / GREATEST_WEIGHT);
        }
        return scales;
    }

    private static int position(NdArray array, int axis, long element) {
        long inner = 1;
        for (int i = axis + 1; i < array.rank(); i++) {
            inner *= array.size(i);
        }
        return (int) (element / inner % array.size(axis));
    }

    private String bias(Node layer, String name) {
        NdArray floats = array(name);
        float left = range(layer.inputName(0).orElseThrow()).scale();
        float[] scales = weightScales(array(layer.inputName(1).orElseThrow()), outputAxis(layer));
        NdArray integers = NdArray.allocate(DType.I32, floats.shape());
        for (int k = 0; k < scales.length; k++) {
            scales[k] *= left;
            integers.set(k, Math.rint(floats.getDouble(k) / scales[k]));
        }
        quantized.initializer(name + ".quantized", integers);
        quantized.initializer(name + ".scale", NdArray.of(scales, scales.length));
        return dequantize(
                name + ".quantized", name + ".scale", "", name + ".dequantized", Map.of("axis", Attribute.of(0)));
    }

    private NdArray array(String initializer) {
        return WeightArrays.of(Objects.requireNonNull(model.initializers().get(initializer)));
    }
}

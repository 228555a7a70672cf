package dev.woodpecker.cli.zoo;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A model of floats as ONNX Runtime's dynamic quantisation writes it: the weights of products are signed bytes with one
 * scale, and what they are multiplied with is quantised to unsigned bytes when the model runs, by what it spans then.
 *
 * <pre>
 * y = MatMul(x, w)
 *   ->  xq, s, z = DynamicQuantizeLinear(x)
 *       y = Cast(MatMulInteger(xq, wq, z, 0)) * (s * t)
 * </pre>
 */
final class DynamicQuantization {
    private static final double GREATEST_WEIGHT = 127;

    /** What the results of a quantisation are called after their value, in the operator's order. */
    private static final List<String> RESULTS = List.of("_quantized", "_scale", "_zero_point");

    private final OnnxModelBuilder model;
    private final OnnxModelBuilder quantized;
    private final Map<String, List<String>> values = new HashMap<>();

    private DynamicQuantization(OnnxModelBuilder model) {
        this.model = model;
        this.quantized = new OnnxModelBuilder(model.graphName(), model.opset());
    }

    static OnnxModelBuilder quantized(OnnxModelBuilder model) {
        return new DynamicQuantization(model).written();
    }

    private OnnxModelBuilder written() {
        model.inputs().forEach((name, type) -> quantized.input(name, type.orElseThrow()));
        Set<String> floats = new LinkedHashSet<>();
        for (Node node : model.nodes()) {
            boolean byWeights = node.operator().isOnnx("MatMul")
                    && model.initializers().containsKey(node.inputName(1).orElse(""));
            if (byWeights) {
                product(node);
            } else {
                quantized.node(node);
                node.usedNames().stream()
                        .filter(model.initializers()::containsKey)
                        .forEach(floats::add);
            }
        }
        floats.forEach(name -> quantized.initializer(
                name, Objects.requireNonNull(model.initializers().get(name))));
        model.outputs().forEach((name, type) -> quantized.output(name, type.orElseThrow()));
        return quantized;
    }

    private void product(Node product) {
        List<String> left = values.computeIfAbsent(product.inputName(0).orElseThrow(), this::value);
        List<String> right = weights(product.inputName(1).orElseThrow());
        String result = product.outputName(0).orElseThrow();
        quantized.node(
                "MatMulInteger",
                List.of(left.get(0), right.get(0), left.get(2), right.get(2)),
                result + "_integers",
                Map.of());
        quantized.node("Cast", List.of(result + "_integers"), result + "_cast", Map.of("to", Attribute.of(1)));
        quantized.node("Mul", List.of(left.get(1), right.get(1)), result + "_scales", Map.of());
        quantized.node("Mul", List.of(result + "_cast", result + "_scales"), result, Map.of());
    }

    /** Bytes, scale and zero point of a value, which several products may read. */
    private List<String> value(String name) {
        List<String> results = RESULTS.stream().map(name::concat).toList();
        quantized.node(new Node(
                name + "_quantize",
                Operator.onnx("DynamicQuantizeLinear"),
                List.of(Operand.of(name)),
                results.stream().map(Operand::of).toList(),
                Map.of(),
                List.of()));
        return results;
    }

    private List<String> weights(String name) {
        NdArray floats = array(name);
        double greatest = 0;
        for (long i = 0; i < floats.elements(); i++) {
            greatest = Math.max(greatest, Math.abs(floats.getDouble(i)));
        }
        float scale = greatest == 0 ? 1 : (float) (greatest / GREATEST_WEIGHT);
        NdArray bytes = NdArray.allocate(DType.I8, floats.shape());
        for (long i = 0; i < floats.elements(); i++) {
            bytes.set(i, Math.rint(floats.getDouble(i) / scale));
        }
        List<String> names = RESULTS.stream().map(name::concat).toList();
        quantized.initializer(names.get(0), bytes);
        quantized.initializer(names.get(1), NdArray.scalar(scale));
        quantized.initializer(names.get(2), NdArray.scalar(0L).convert(DType.I8));
        return names;
    }

    private NdArray array(String initializer) {
        return WeightArrays.of(Objects.requireNonNull(model.initializers().get(initializer)));
    }
}

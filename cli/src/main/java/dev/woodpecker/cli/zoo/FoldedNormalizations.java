package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Batch normalisations put into the convolutions before them, which is done before a model is quantised.
 *
 * <pre>
 * c = Conv(x, w); y = BatchNormalization(c, g, b, m, v)      ->      y = Conv(x, w * f, b - m * f),  f = g / sqrt(v + epsilon)
 * </pre>
 */
final class FoldedNormalizations {
    private FoldedNormalizations() {}

    /** A model in which each convolution before a normalisation has no bias, and no other reader. */
    static OnnxModelBuilder of(OnnxModelBuilder model) {
        OnnxModelBuilder folded = new OnnxModelBuilder(model.graphName(), model.opset());
        model.inputs().forEach((name, type) -> folded.input(name, type.orElseThrow()));
        model.outputs().forEach((name, type) -> folded.output(name, type.orElseThrow()));
        model.initializers().forEach(folded::initializer);
        Map<String, Node> convolutions = new LinkedHashMap<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : model.nodes()) {
            if (node.operator().isOnnx("BatchNormalization")) {
                Node convolution = Objects.requireNonNull(
                        convolutions.get(node.inputName(0).orElseThrow()));
                nodes.set(nodes.indexOf(convolution), fold(folded, convolution, node));
            } else {
                if (node.operator().isOnnx("Conv")) {
                    convolutions.put(node.outputName(0).orElseThrow(), node);
                }
                nodes.add(node);
            }
        }
        nodes.forEach(folded::node);
        return folded;
    }

    private static Node fold(OnnxModelBuilder model, Node convolution, Node normalization) {
        NdArray[] statistics = new NdArray[5];
        for (int i = 1; i < statistics.length; i++) {
            String name = normalization.inputName(i).orElseThrow();
            statistics[i] =
                    WeightArrays.of(Objects.requireNonNull(model.initializers().get(name)));
            model.removeInitializer(name);
        }
        String weight = convolution.inputName(1).orElseThrow();
        NdArray weights =
                WeightArrays.of(Objects.requireNonNull(model.initializers().get(weight)));
        int filters = weights.size(0);
        NdArray bias = NdArray.of(new float[filters], filters);
        long each = weights.elements() / filters;
        for (int k = 0; k < filters; k++) {
            double factor = statistics[1].getDouble(k)
                    / Math.sqrt(statistics[4].getDouble(k) + normalization.number("epsilon"));
            bias.set(k, statistics[2].getDouble(k) - statistics[3].getDouble(k) * factor);
            for (long i = k * each; i < (k + 1) * each; i++) {
                weights.set(i, weights.getDouble(i) * factor);
            }
        }
        model.initializer(weight, weights);
        String name = convolution.name() + ".bias";
        model.initializer(name, bias);
        return convolution.withInput(2, Operand.of(name)).withOutputs(normalization.outputs());
    }
}

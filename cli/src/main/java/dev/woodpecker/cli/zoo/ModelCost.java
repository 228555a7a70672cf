package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a model costs, counted as publications do.
 *
 * @param parameters floats that training learns: all constants but scalars and the statistics of batch normalisation
 * @param multiplyAdds of convolutions and matrix products
 */
public record ModelCost(long parameters, long multiplyAdds) {

    private static final int BATCH_NORM_MEAN = 3;
    private static final int BATCH_NORM_VARIANCE = 4;

    /**
     * @throws IllegalArgumentException if the type of a convolution's or product's result is not declared
     */
    static ModelCost of(OnnxModelBuilder model) {
        return new ModelCost(parameters(model), multiplyAdds(model));
    }

    private static long parameters(OnnxModelBuilder model) {
        Set<String> statistics = new HashSet<>();
        for (Node node : model.nodes()) {
            if (node.operator().isOnnx("BatchNormalization")) {
                node.inputName(BATCH_NORM_MEAN).ifPresent(statistics::add);
                node.inputName(BATCH_NORM_VARIANCE).ifPresent(statistics::add);
            }
        }
        return model.initializers().entrySet().stream()
                .filter(entry -> entry.getValue().type().element().isFloat()
                        && entry.getValue().shape().length > 0
                        && !statistics.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .mapToLong(source -> product(source.shape()))
                .sum();
    }

    private static long multiplyAdds(OnnxModelBuilder model) {
        long total = 0;
        for (Node node : model.nodes()) {
            total += switch (node.operator().name()) {
                case "Conv" -> {
                    int[] weight = shape(model, node, node.inputName(1).orElseThrow());
                    yield product(result(model, node)) * product(weight) / weight[0];
                }
                case "Gemm" -> {
                    int[] a = shape(model, node, node.inputName(0).orElseThrow());
                    yield product(a) * result(model, node)[1];
                }
                case "MatMul" -> {
                    int[] a = shape(model, node, node.inputName(0).orElseThrow());
                    yield product(result(model, node)) * a[a.length - 1];
                }
                default -> 0;
            };
        }
        return total;
    }

    private static int[] result(OnnxModelBuilder model, Node node) {
        return shape(model, node, node.outputName(0).orElseThrow());
    }

    private static int[] shape(OnnxModelBuilder model, Node node, String value) {
        TensorType type = model.type(value)
                .orElseThrow(() ->
                        new IllegalArgumentException(node.place() + ": the type of '" + value + "' is not declared"));
        return type.shape().extents();
    }

    private static long product(int[] extents) {
        return Arrays.stream(extents).asLongStream().reduce(1, Math::multiplyExact);
    }
}

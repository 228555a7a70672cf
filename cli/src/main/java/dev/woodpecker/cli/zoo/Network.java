package dev.woodpecker.cli.zoo;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Builds a model layer by layer, the way exporters write them, with seeded weights. Every value has its type declared. Names
 * of layers become the names of nodes, results and, with {@code .weight} and so on, of weights.
 */
final class Network {

    /** The first opset with LayerNormalization; every runtime in use reads it. */
    private static final int OPSET = 17;

    /** A little of everything, so that nothing can be left out unnoticed: biases are not 0, scales not 1. */
    private static final double SPREAD = 0.1;

    private final OnnxModelBuilder model;
    private final SeededWeights weights;

    /** A result of a layer. */
    record Value(String name, TensorType type) {
        int size(int axis) {
            return extents()[axis];
        }

        int[] extents() {
            return type.shape().extents();
        }
    }

    /** A window that slides over height and width alike. */
    record Window(int size, int stride, int padding) {
        int over(int extent) {
            return (extent + 2 * padding - size) / stride + 1;
        }
    }

    Network(String name, long seed) {
        model = new OnnxModelBuilder(name, OPSET);
        weights = new SeededWeights(seed);
    }

    OnnxModelBuilder model() {
        return model;
    }

    Value input(String name, DType type, int... shape) {
        Value value = new Value(name, TensorType.of(type, shape));
        model.input(name, value.type());
        return value;
    }

    void output(Value value) {
        model.output(value.name(), value.type());
    }

    /** Adds a node with one result. */
    Value apply(String operator, String name, List<String> from, Map<String, Attribute> attributes, TensorType type) {
        model.node(operator, from, name, attributes);
        model.value(name, type);
        return new Value(name, type);
    }

    private Value apply(String operator, String name, Value x, int... shape) {
        return apply(
                operator,
                name,
                List.of(x.name()),
                Map.of(),
                TensorType.of(x.type().element(), shape));
    }

    String constant(String name, NdArray value) {
        model.initializer(name, value);
        return name;
    }

    String scalar(String name, float value) {
        return constant(name, NdArray.scalar(value));
    }

    String integers(String name, long... values) {
        return constant(name, NdArray.of(values, values.length));
    }

    String weight(String name, double mean, double deviation, int... shape) {
        model.initializer(name, weights.normal(name, mean, deviation, shape));
        return name;
    }

    /** Convolution without bias, as before a batch normalisation. */
    Value convolution(String name, Value x, int filters, Window window, int group) {
        return convolution(name, x, filters, window, group, List.of());
    }

    /** Convolution with bias. */
    Value convolutionWithBias(String name, Value x, int filters, Window window) {
        return convolution(name, x, filters, window, 1, List.of(weight(name + ".bias", 0, SPREAD, filters)));
    }

    private Value convolution(String name, Value x, int filters, Window window, int group, List<String> bias) {
        int channels = x.size(1) / group;
        int fanIn = channels * window.size() * window.size();
        String weight = name + ".weight";
        model.initializer(weight, weights.heNormal(weight, fanIn, filters, channels, window.size(), window.size()));
        List<String> from = new ArrayList<>(List.of(x.name(), weight));
        from.addAll(bias);
        Map<String, Attribute> attributes = Map.of(
                "kernel_shape", pair(window.size()),
                "strides", pair(window.stride()),
                "pads", Attribute.of(window.padding(), window.padding(), window.padding(), window.padding()),
                "dilations", pair(1),
                "group", Attribute.of(group));
        return apply("Conv", name, from, attributes, map(x, filters, window));
    }

    private static Attribute pair(int value) {
        return Attribute.of(new long[] {value, value});
    }

    private static TensorType map(Value x, int channels, Window window) {
        return TensorType.of(x.type().element(), x.size(0), channels, window.over(x.size(2)), window.over(x.size(3)));
    }

    /** Batch normalisation. Mean 0 and variance 1 stand in for the statistics until {@link BatchNormStatistics} finds them. */
    Value batchNormalization(String name, Value x) {
        int channels = x.size(1);
        List<String> from = List.of(
                x.name(),
                weight(name + ".weight", 1, SPREAD, channels),
                weight(name + ".bias", 0, SPREAD, channels),
                constant(name + ".running_mean", filled(0, channels)),
                constant(name + ".running_var", filled(1, channels)));
        Map<String, Attribute> attributes = Map.of("epsilon", Attribute.of(1e-5f), "momentum", Attribute.of(0.9f));
        return apply("BatchNormalization", name, from, attributes, x.type());
    }

    private static NdArray filled(float value, int count) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return NdArray.of(values, count);
    }

    /** An operator that works element by element. */
    Value elementwise(String operator, String name, Value x) {
        return apply(operator, name, x, x.extents());
    }

    /** An operator on two values of one shape, or on one and a weight or constant that broadcasts to it. */
    Value elementwise(String operator, String name, Value x, String other) {
        return apply(operator, name, List.of(x.name(), other), Map.of(), x.type());
    }

    /** ReLU cut at 6. */
    Value relu6(String name, Value x) {
        String least = scalar(name + ".min", 0);
        String greatest = scalar(name + ".max", 6);
        return apply("Clip", name, List.of(x.name(), least, greatest), Map.of(), x.type());
    }

    Value maxPool(String name, Value x, Window window) {
        Map<String, Attribute> attributes = Map.of(
                "kernel_shape", pair(window.size()),
                "strides", pair(window.stride()),
                "pads", Attribute.of(window.padding(), window.padding(), window.padding(), window.padding()));
        return apply("MaxPool", name, List.of(x.name()), attributes, map(x, x.size(1), window));
    }

    Value globalAveragePool(String name, Value x) {
        return apply("GlobalAveragePool", name, x, x.size(0), x.size(1), 1, 1);
    }

    Value flatten(String name, Value x) {
        int rest = IntStream.of(x.extents()).skip(1).reduce(1, Math::multiplyExact);
        TensorType type = TensorType.of(x.type().element(), x.size(0), rest);
        return apply("Flatten", name, List.of(x.name()), Map.of("axis", Attribute.of(1)), type);
    }

    /** A fully connected layer on [n, features]; {@code gain} 2 before a ReLU, 1 elsewhere. */
    Value fullyConnected(String name, Value x, int features, double gain) {
        String weight = weight(name + ".weight", 0, Math.sqrt(gain / x.size(1)), features, x.size(1));
        String bias = weight(name + ".bias", 0, SPREAD, features);
        return apply(
                "Gemm",
                name,
                List.of(x.name(), weight, bias),
                Map.of("transB", Attribute.of(1)),
                TensorType.of(x.type().element(), x.size(0), features));
    }

    /** A linear layer on the last axis of any tensor, written as exporters do: MatMul and Add. */
    Value linear(String name, Value x, int features, double deviation) {
        int[] shape = x.extents();
        int from = shape[shape.length - 1];
        shape[shape.length - 1] = features;
        String weight = weight(name + ".weight", 0, deviation, from, features);
        Value product = matrixProduct(name + ".matmul", x, weight, shape);
        return elementwise("Add", name, product, weight(name + ".bias", 0, deviation, features));
    }

    Value matrixProduct(String name, Value x, String y, int... shape) {
        return apply(
                "MatMul",
                name,
                List.of(x.name(), y),
                Map.of(),
                TensorType.of(x.type().element(), shape));
    }

    Value reshape(String name, Value x, int... shape) {
        String target =
                integers(name + ".shape", Arrays.stream(shape).asLongStream().toArray());
        return apply(
                "Reshape",
                name,
                List.of(x.name(), target),
                Map.of(),
                TensorType.of(x.type().element(), shape));
    }

    Value transpose(String name, Value x, int... permutation) {
        int[] shape = Arrays.stream(permutation).map(x::size).toArray();
        Attribute perm = Attribute.of(Arrays.stream(permutation).asLongStream().toArray());
        return apply(
                "Transpose",
                name,
                List.of(x.name()),
                Map.of("perm", perm),
                TensorType.of(x.type().element(), shape));
    }

    Value softmax(String name, Value x) {
        return apply("Softmax", name, List.of(x.name()), Map.of("axis", Attribute.of(-1)), x.type());
    }

    Value layerNormalization(String name, Value x) {
        int features = x.size(x.type().shape().rank() - 1);
        List<String> from = List.of(
                x.name(), weight(name + ".weight", 1, SPREAD, features), weight(name + ".bias", 0, SPREAD, features));
        Map<String, Attribute> attributes = Map.of("axis", Attribute.of(-1), "epsilon", Attribute.of(1e-12f));
        return apply("LayerNormalization", name, from, attributes, x.type());
    }

    /** Rows of a table of [count, features], by the integers in {@code indices}. */
    Value embedding(String name, Value indices, int count, int features, double deviation) {
        int[] shape = Arrays.copyOf(indices.extents(), indices.type().shape().rank() + 1);
        shape[shape.length - 1] = features;
        String table = weight(name + ".weight", 0, deviation, count, features);
        return apply(
                "Gather",
                name,
                List.of(table, indices.name()),
                Map.of("axis", Attribute.of(0)),
                TensorType.of(DType.F32, shape));
    }
}

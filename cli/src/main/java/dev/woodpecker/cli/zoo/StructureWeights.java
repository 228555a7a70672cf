package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.onnx.OnnxModelBuilder;
import dev.woodpecker.runtime.onnx.TensorSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts seeded weights into a model whose large ones were replaced by {@code ConstantOfShape}: what a weight is for, and so
 * how it is distributed, is told by the node that reads it.
 */
final class StructureWeights {

    private static final double SPREAD = 0.1;

    private final OnnxModelBuilder model;
    private final SeededWeights weights;
    private final Map<String, Node> readers = new HashMap<>();

    private StructureWeights(OnnxModelBuilder model, long seed) {
        this.model = model;
        this.weights = new SeededWeights(seed);
        for (Node node : model.nodes()) {
            node.usedNames().forEach(value -> readers.putIfAbsent(value, node));
        }
    }

    /** Replaces the weights of {@code model}; returns how many there were. */
    static int fill(OnnxModelBuilder model, long seed) {
        StructureWeights structure = new StructureWeights(model, seed);
        int filled = 0;
        for (Node node : model.nodes()) {
            if (node.operator().isOnnx("ConstantOfShape") && structure.replace(node)) {
                filled++;
            }
        }
        return filled;
    }

    private boolean replace(Node node) {
        // The shape's own constant goes with the node: in these files each has one.
        Optional<TensorSource> shape = node.inputName(0).map(model.initializers()::get);
        String name = node.outputName(0).orElseThrow();
        Node reader = readers.get(name);
        if (shape.isEmpty() || reader == null) {
            return false;
        }
        model.initializer(name, source(name, reader, extents(shape.get())));
        model.remove(node);
        model.removeInitializer(node.inputName(0).orElseThrow());
        return true;
    }

    private static int[] extents(TensorSource shape) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            shape.content().writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteBuffer values = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        int[] extents = new int[values.remaining() / Long.BYTES];
        Arrays.setAll(extents, i -> Math.toIntExact(values.getLong()));
        return extents;
    }

    private TensorSource source(String name, Node reader, int[] shape) {
        int place = reader.inputs().indexOf(Operand.of(name));
        return switch (reader.operator().name()) {
            case "Conv" ->
                place == 1 ? weights.heNormal(name, product(shape, 1), shape) : weights.normal(name, 0, SPREAD, shape);
            case "BatchNormalization" ->
                weights.normal(name, place == 1 || place == 4 ? 1 : 0, place == 4 ? 0 : SPREAD, shape);
            case "Gemm" ->
                place == 1
                        ? weights.normal(name, 0, Math.sqrt(2.0 / fanIn(reader, shape)), shape)
                        : weights.normal(name, 0, SPREAD, shape);
            case "Reshape" -> reshaped(name, reader, shape);
            case "MatMul" -> weights.normal(name, 0, Math.sqrt(2.0 / shape[0]), shape);
            default -> weights.normal(name, 0, SPREAD, shape);
        };
    }

    /** A weight that is reshaped first: the node behind tells what it is for. */
    private TensorSource reshaped(String name, Node reshape, int[] shape) {
        Node reader = readers.get(reshape.outputName(0).orElseThrow());
        Optional<TensorSource> target = reshape.inputName(1).map(model.initializers()::get);
        if (reader == null || target.isEmpty() || !reader.operator().isOnnx("Gemm")) {
            return weights.normal(name, 0, SPREAD, shape);
        }
        return weights.normal(name, 0, Math.sqrt(2.0 / fanIn(reader, extents(target.get()))), shape);
    }

    private static int fanIn(Node gemm, int[] shape) {
        boolean transposed = gemm.attributes().get("transB") instanceof Attribute.Int(long value) && value != 0;
        return shape[transposed ? 1 : 0];
    }

    private static int product(int[] shape, int from) {
        return Arrays.stream(shape, from, shape.length).reduce(1, Math::multiplyExact);
    }
}

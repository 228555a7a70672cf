package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes an ONNX model, node by node, and writes it. Nodes are taken as they are: in the form of the opset that the model
 * names, in an order in which each comes after those it reads from.
 */
public final class OnnxModelBuilder {

    private final String graphName;
    private final int opset;
    private final Map<String, Optional<TensorType>> inputs = new LinkedHashMap<>();
    private final Map<String, Optional<TensorType>> outputs = new LinkedHashMap<>();
    private final Map<String, TensorType> values = new LinkedHashMap<>();
    private final Map<String, TensorSource> initializers = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    public OnnxModelBuilder(String graphName, int opset) {
        this.graphName = graphName;
        this.opset = opset;
    }

    /**
     * The parts of a model file, to be changed and written anew: attributes and opset as they are in the file, constants
     * no longer listed as inputs.
     *
     * @throws dev.woodpecker.runtime.ModelFormatException if the file is no sound model
     * @throws dev.woodpecker.runtime.UnsupportedModelException if it has subgraphs, or types that Woodpecker does not have
     */
    public static OnnxModelBuilder read(Path path) {
        return new ModelCopy(path).builder();
    }

    public OnnxModelBuilder input(String name, TensorType type) {
        inputs.put(name, Optional.of(type));
        return this;
    }

    public OnnxModelBuilder output(String name, TensorType type) {
        outputs.put(name, Optional.of(type));
        return this;
    }

    /** An output whose type is left to whoever reads the model. */
    public OnnxModelBuilder output(String name) {
        outputs.put(name, Optional.empty());
        return this;
    }

    /** Declares the type of a value between nodes. */
    public OnnxModelBuilder value(String name, TensorType type) {
        values.put(name, type);
        return this;
    }

    public OnnxModelBuilder initializer(String name, NdArray value) {
        return initializer(name, TensorSource.of(value));
    }

    /** Adds a constant, or replaces it. */
    public OnnxModelBuilder initializer(String name, TensorSource source) {
        initializers.put(name, source);
        return this;
    }

    public OnnxModelBuilder node(Node node) {
        nodes.add(node);
        return this;
    }

    /** Adds a node of one output, which is also the node's name. An input with an empty name is absent. */
    public OnnxModelBuilder node(String operator, List<String> from, String output, Map<String, Attribute> attributes) {
        return node(new Node(
                output,
                Operator.onnx(operator),
                from.stream().map(Operand::of).toList(),
                List.of(Operand.of(output)),
                attributes,
                List.of()));
    }

    public OnnxModelBuilder remove(Node node) {
        nodes.remove(node);
        return this;
    }

    public OnnxModelBuilder removeInitializer(String name) {
        initializers.remove(name);
        return this;
    }

    public String graphName() {
        return graphName;
    }

    public int opset() {
        return opset;
    }

    /** The nodes so far. */
    public List<Node> nodes() {
        return Collections.unmodifiableList(new ArrayList<>(nodes));
    }

    /** The constants so far, by name. */
    public Map<String, TensorSource> initializers() {
        return Collections.unmodifiableMap(initializers);
    }

    public Map<String, Optional<TensorType>> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    public Map<String, Optional<TensorType>> outputs() {
        return Collections.unmodifiableMap(outputs);
    }

    /** The declared type of a value, constants and inputs included. */
    public Optional<TensorType> type(String value) {
        return Optional.ofNullable(initializers.get(value))
                .map(TensorSource::type)
                .or(() -> Optional.ofNullable(values.get(value)))
                .or(() -> inputs.getOrDefault(value, Optional.empty()))
                .or(() -> outputs.getOrDefault(value, Optional.empty()));
    }

    /**
     * Writes the model; the file appears when it is whole.
     *
     * @throws IllegalArgumentException if the model takes 2 GiB or more, which a protobuf file cannot
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public void write(Path file) {
        ModelWriter.write(this, values, file);
    }
}

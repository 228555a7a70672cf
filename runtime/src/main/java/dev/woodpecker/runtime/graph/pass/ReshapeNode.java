package dev.woodpecker.runtime.graph.pass;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.GraphEditor;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.graph.TensorType;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Reshapes that a pass puts between nodes which it makes. */
final class ReshapeNode {
    private ReshapeNode() {}

    /** {@code result}, of {@code type}, of {@code value}'s elements; the node has a new name that begins with {@code base}. */
    static Node of(
            GraphEditor editor, String base, Operand value, Operand result, TensorType type, List<String> sources) {
        String name = editor.fresh(base);
        long[] extents = IntStream.of(type.shape().extents()).asLongStream().toArray();
        return new Node(
                name,
                Operator.onnx("Reshape"),
                List.of(value, Operand.of(editor.constant(name + "_shape", NdArray.of(extents, extents.length)))),
                List.of(result),
                Map.of("allowzero", Attribute.of(1L)),
                sources);
    }
}

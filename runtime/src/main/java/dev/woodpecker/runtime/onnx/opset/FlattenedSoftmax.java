package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/**
 * Before opset 13 Softmax and its kin saw the tensor as a matrix of the axes before {@code axis} by those from it on, and
 * worked on rows of that. Flatten and Reshape are views and cost nothing.
 */
final class FlattenedSoftmax implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        if (node.integer("axis") == -1) {
            rewrite.result(node);
            return;
        }
        Operand matrix = rewrite.compute(
                "Flatten",
                List.of(node.input(0)),
                Map.of("axis", node.attributes().get("axis")));
        Operand rows = rewrite.compute(node.operator().name(), List.of(matrix), Map.of("axis", Attribute.of(-1)));
        Operand shape = rewrite.compute("Shape", List.of(node.input(0)), Map.of());
        rewrite.result("Reshape", List.of(rows, shape), Map.of("allowzero", Attribute.of(1)), node.output(0));
    }
}

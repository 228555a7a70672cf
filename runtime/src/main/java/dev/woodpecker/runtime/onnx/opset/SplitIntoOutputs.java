package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;

/** A Split that is not told the lengths splits evenly; before opset 18 the number of parts is that of the outputs. */
final class SplitIntoOutputs implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        boolean told = node.input(1) instanceof Operand.Value
                || node.attribute("num_outputs").isPresent();
        rewrite.result(
                told
                        ? node
                        : node.with("num_outputs", Attribute.of(node.outputs().size())));
    }
}

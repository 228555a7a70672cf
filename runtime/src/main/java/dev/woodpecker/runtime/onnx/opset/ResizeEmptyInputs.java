package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;

/** Resize needs scales or sizes; exporters of opset 11 and 12 give the other, and roi, as an empty tensor. */
final class ResizeEmptyInputs implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        for (int i = 1; i < node.inputs().size(); i++) {
            if (rewrite.constantInput(i).filter(value -> value.elements() == 0).isPresent()) {
                node = node.withInput(i, Operand.ABSENT);
            }
        }
        rewrite.result(node);
    }
}

package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Operator;

/** Opset 11 renamed Scatter. */
final class ScatterToScatterElements implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.result(rewrite.node().withOperator(Operator.onnx("ScatterElements")));
    }
}

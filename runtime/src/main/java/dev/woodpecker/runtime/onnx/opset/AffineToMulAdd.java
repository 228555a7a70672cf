package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/** The experimental Affine: {@code alpha * x + beta}. */
final class AffineToMulAdd implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        Operand alpha = rewrite.constant("alpha", NdArray.scalar(node.number("alpha")));
        Operand beta = rewrite.constant("beta", NdArray.scalar(node.number("beta")));
        Operand scaled = rewrite.compute("Mul", List.of(node.input(0), alpha), Map.of());
        rewrite.result("Add", List.of(scaled, beta), Map.of(), node.output(0));
    }
}

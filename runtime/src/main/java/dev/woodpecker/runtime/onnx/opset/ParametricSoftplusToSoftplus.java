package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/** The experimental ParametricSoftplus: {@code alpha * ln(exp(beta * x) + 1)}. */
final class ParametricSoftplusToSoftplus implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        Operand alpha = rewrite.constant("alpha", NdArray.scalar(node.number("alpha")));
        Operand beta = rewrite.constant("beta", NdArray.scalar(node.number("beta")));
        Operand inner = rewrite.compute("Mul", List.of(node.input(0), beta), Map.of());
        Operand softplus = rewrite.compute("Softplus", List.of(inner), Map.of());
        rewrite.result("Mul", List.of(softplus, alpha), Map.of(), node.output(0));
    }
}

package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/** The experimental ImageScaler of images [n, c, h, w]: {@code scale * x + bias[c]}. */
final class ImageScalerToMulAdd implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        float[] bias = node.numbers("bias");
        Operand scale = rewrite.constant("scale", NdArray.scalar(node.number("scale")));
        Operand offset = rewrite.constant("bias", NdArray.of(bias, bias.length, 1, 1));
        Operand scaled = rewrite.compute("Mul", List.of(node.input(0), scale), Map.of());
        rewrite.result("Add", List.of(scaled, offset), Map.of(), node.output(0));
    }
}

package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * BatchNormalization with given statistics. Training forms are refused: {@code training_mode}, and outputs beyond Y, which
 * only training has. ({@code is_test} of opset 6 is 0 in many files that were meant for inference: with Y alone it is
 * taken so.) Before opset 9 {@code spatial} 0 meant statistics for every position, [c, d...], not every channel.
 */
final class BatchNormalizationInference implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        if (integer(node, "training_mode", 0) != 0 || node.outputs().size() > 1) {
            rewrite.object(
                    "training_mode",
                    "batch statistics, as in training",
                    "inference: training_mode 0 and output Y alone");
        }
        if (integer(node, "spatial", 1) != 0) {
            rewrite.result(node.without("is_test").without("spatial").withOutputs(List.of(node.output(0))));
            return;
        }
        Operand centered = rewrite.compute("Sub", List.of(node.input(0), node.input(3)), Map.of());
        Operand epsilon = rewrite.constant("epsilon", NdArray.scalar(node.number("epsilon")));
        Operand variance = rewrite.compute("Add", List.of(node.input(4), epsilon), Map.of());
        Operand deviation = rewrite.compute("Sqrt", List.of(variance), Map.of());
        Operand normalized = rewrite.compute("Div", List.of(centered, deviation), Map.of());
        Operand scaled = rewrite.compute("Mul", List.of(normalized, node.input(1)), Map.of());
        rewrite.result("Add", List.of(scaled, node.input(2)), Map.of(), node.output(0));
    }

    private static long integer(Node node, String attribute, long absent) {
        Optional<Attribute> value = node.attribute(attribute);
        return value.isPresent() ? node.integer(attribute) : absent;
    }
}

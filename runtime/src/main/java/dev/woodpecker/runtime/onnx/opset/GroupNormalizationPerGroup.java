package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/**
 * Before opset 21 GroupNormalization had one scale and bias a group, not a channel: an InstanceNormalization of a tensor
 * that has the groups as its channels.
 */
final class GroupNormalizationPerGroup implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        long groups = node.integer("num_groups");
        Operand grouped = rewrite.compute(
                "Reshape",
                List.of(node.input(0), rewrite.constant("groups", NdArray.of(new long[] {0, groups, -1}, 3))),
                Map.of());
        Operand normalized = rewrite.compute(
                "InstanceNormalization",
                List.of(grouped, node.input(1), node.input(2)),
                Map.of("epsilon", node.attributes().get("epsilon")));
        Operand shape = rewrite.compute("Shape", List.of(node.input(0)), Map.of());
        rewrite.result("Reshape", List.of(normalized, shape), Map.of("allowzero", Attribute.of(1)), node.output(0));
    }
}

package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import java.util.List;
import java.util.Map;

/**
 * Before opset 7 B could be placed at an axis of A: {@code Add(A, B, broadcast=1, axis=1)} with a B of [c] adds to channels.
 * Without {@code axis} B is aligned to the last axes, as everything is since.
 *
 * <p>The placement becomes a view, {@code AlignAxis(B, A)}: B with as many axes of extent 1 behind it as it needs.
 */
final class BroadcastAxis implements OpsetRule {

    static final Operator ALIGN_AXIS = new Operator(Operator.WOODPECKER, "AlignAxis");

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        Node plain = node.without("axis").without("broadcast");
        if (node.integer("broadcast") == 0 || node.attribute("axis").isEmpty()) {
            rewrite.result(plain);
            return;
        }
        Operand placed = rewrite.compute(
                ALIGN_AXIS, List.of(node.input(1), node.input(0)), Map.of("axis", Attribute.of(node.integer("axis"))));
        rewrite.result(plain.withInput(1, placed));
    }
}

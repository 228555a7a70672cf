package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/** Before opset 7 the slope of PRelu was one value a channel, on axis 1; since then it is aligned to the last axes. */
final class ChannelSlope implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Operand placed = rewrite.compute(
                BroadcastAxis.ALIGN_AXIS, List.of(rewrite.input(1), rewrite.input(0)), Map.of("axis", Attribute.of(1)));
        rewrite.result(rewrite.node().withInput(1, placed));
    }
}

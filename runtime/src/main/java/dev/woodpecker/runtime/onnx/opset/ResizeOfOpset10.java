package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Operand;
import java.util.List;

/** Resize of opset 10 is Upsample that may shrink too: inputs X and scales, positions divided by the scales. */
final class ResizeOfOpset10 implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.result(UpsampleToResize.oldCoordinates(rewrite.node())
                .withInputs(List.of(rewrite.input(0), Operand.ABSENT, rewrite.input(1))));
    }
}

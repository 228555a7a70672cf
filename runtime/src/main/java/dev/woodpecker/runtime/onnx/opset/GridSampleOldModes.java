package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;
import java.util.Map;

/** Opset 20 renamed the interpolations of GridSample when it admitted volumes. */
final class GridSampleOldModes implements OpsetRule {

    private static final Map<String, String> NEW_NAMES = Map.of("bilinear", "linear", "bicubic", "cubic");

    @Override
    public void apply(Rewrite rewrite) {
        String mode = rewrite.node().text("mode");
        rewrite.result(rewrite.node().with("mode", Attribute.of(NEW_NAMES.getOrDefault(mode, mode))));
    }
}

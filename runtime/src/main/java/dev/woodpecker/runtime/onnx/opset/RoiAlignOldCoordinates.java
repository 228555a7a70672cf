package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.graph.Attribute;

/** Before opset 16 RoiAlign did not shift coordinates by half a pixel, which is the default since. */
final class RoiAlignOldCoordinates implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.result(rewrite.node().with("coordinate_transformation_mode", Attribute.of("output_half_pixel")));
    }
}

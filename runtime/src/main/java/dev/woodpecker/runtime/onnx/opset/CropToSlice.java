package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;

/**
 * The experimental Crop of images [n, c, h, w]: {@code border} is left, top, right, bottom; {@code scale}, if given, is the
 * height and width to keep from left and top on.
 */
final class CropToSlice implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        long[] border = node.integers("border");
        boolean scaled = node.attribute("scale").isPresent();
        if (border.length != 4 || scaled && node.integers("scale").length != 2) {
            rewrite.object("border", "not 4 values, or scale not 2", "border of 4 values, and scale of 2 or none");
            rewrite.result("Identity", List.of(node.input(0)), Map.of(), node.output(0));
            return;
        }
        long left = border[0];
        long top = border[1];
        long[] ends = {end(border[3]), end(border[2])};
        if (scaled) {
            long[] scale = node.integers("scale");
            ends = new long[] {top + scale[0], left + scale[1]};
        }
        List<Operand> inputs = List.of(
                node.input(0),
                rewrite.constant("starts", NdArray.of(new long[] {top, left}, 2)),
                rewrite.constant("ends", NdArray.of(ends, 2)),
                rewrite.constant("axes", NdArray.of(new long[] {2, 3}, 2)));
        rewrite.result("Slice", inputs, Map.of(), node.output(0));
    }

    /** Slice counts ends from behind if they are negative; there is no negative 0. */
    private static long end(long border) {
        return border == 0 ? Long.MAX_VALUE : -border;
    }
}

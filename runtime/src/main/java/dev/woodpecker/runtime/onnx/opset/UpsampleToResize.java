package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import dev.woodpecker.runtime.graph.Operator;
import java.util.List;

/** Upsample, which ended with opset 9, is a Resize that divides positions by the scales and rounds them down. */
final class UpsampleToResize implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        Operand scales = node.input(1);
        if (scales instanceof Operand.Absent) {
            // Opset 6: x is [n, c, h, w], with one attribute for either spatial axis.
            float[] values = {1, 1, node.number("height_scale"), node.number("width_scale")};
            scales = rewrite.constant("scales", NdArray.of(values, values.length));
        }
        rewrite.result(oldCoordinates(node.without("height_scale").without("width_scale"))
                .withOperator(Operator.onnx("Resize"))
                .withInputs(List.of(node.input(0), Operand.ABSENT, scales)));
    }

    static Node oldCoordinates(Node node) {
        String mode = node.text("mode");
        return node.with("mode", Attribute.of(mode.equals("bilinear") ? "linear" : mode))
                .with("coordinate_transformation_mode", Attribute.of("asymmetric"))
                .with("nearest_mode", Attribute.of("floor"));
    }
}

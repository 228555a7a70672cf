package dev.woodpecker.runtime.onnx.opset;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.graph.Operand;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Dropout passes everything in inference, and its mask is all true. */
final class DropoutInference implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        Node node = rewrite.node();
        if (node.input(2) instanceof Operand.Value) {
            Optional<NdArray> training = rewrite.constantInput(2);
            boolean inference = training.isPresent()
                    && training.get().elements() == 1
                    && training.get().getLong(0) == 0;
            if (!inference) {
                rewrite.object("training_mode", "random dropout, as in training", "a constant training_mode of false");
            }
        }
        if (node.output(0) instanceof Operand.Value) {
            rewrite.result("Identity", List.of(node.input(0)), Map.of(), node.output(0));
        }
        if (node.output(1) instanceof Operand.Value) {
            Operand shape = rewrite.compute("Shape", List.of(node.input(0)), Map.of());
            NdArray allTrue = NdArray.of(new boolean[] {true}, 1);
            rewrite.result(
                    "ConstantOfShape", List.of(shape), Map.of("value", new Attribute.Tensor(allTrue)), node.output(1));
        }
    }
}

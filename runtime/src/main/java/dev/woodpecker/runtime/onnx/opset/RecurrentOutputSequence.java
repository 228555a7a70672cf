package dev.woodpecker.runtime.onnx.opset;

/** Before opset 7 recurrent operators said whether Y is wanted; since then Y is given where it is asked for. */
final class RecurrentOutputSequence implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.result(rewrite.node().without("output_sequence"));
    }
}

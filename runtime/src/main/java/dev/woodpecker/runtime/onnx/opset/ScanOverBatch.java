package dev.woodpecker.runtime.onnx.opset;

/** Before opset 9 Scan ran over each example of a batch by itself, with a length for each. */
final class ScanOverBatch implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.object(
                "directions", "Scan of opset 8, which runs over the examples of a batch", "Scan of opset 9 or later");
        rewrite.result(rewrite.node().without("directions"));
    }
}

package dev.woodpecker.runtime.onnx.opset;

/** Before opset 7 Gemm said whether C has to be broadcast; since then C always is if it needs to. */
final class GemmBroadcast implements OpsetRule {

    @Override
    public void apply(Rewrite rewrite) {
        rewrite.result(rewrite.node().without("broadcast"));
    }
}

package dev.woodpecker.runtime.onnx.opset;

/** Writes what a node of an older opset means in terms of the newest. Knows no shapes: those are found later. */
@FunctionalInterface
interface OpsetRule {

    void apply(Rewrite rewrite);
}

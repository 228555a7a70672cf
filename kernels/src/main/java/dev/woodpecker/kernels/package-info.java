/**
 * The operator library, written in the kernel language of {@link dev.woodpecker.dsl} and nothing else. Each class holds a
 * family of operators; each method is one way to compute one ONNX operator, with the semantics of the newest opset.
 *
 * <p>Attributes arrive normalised: defaults filled in, {@code auto_pad} turned into {@code pads}, negative axes counted
 * from the end. Attributes that ONNX writes as strings arrive as numbers, which the methods document.
 */
@NullMarked
package dev.woodpecker.kernels;

import org.jspecify.annotations.NullMarked;

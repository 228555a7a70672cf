/**
 * Operators that run as plain Java: a short, closed list. They rename positions (views), ask for shapes, or give results
 * whose size depends on the data. Convolution, matrix products, pooling and normalisation are never among them.
 */
@NullMarked
package dev.woodpecker.runtime.onnx.host;

import org.jspecify.annotations.NullMarked;

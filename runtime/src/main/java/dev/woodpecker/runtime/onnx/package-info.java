/** Models in ONNX's format: import into a graph, test cases, and a writer. */
@NullMarked
package dev.woodpecker.runtime.onnx;

import org.jspecify.annotations.NullMarked;

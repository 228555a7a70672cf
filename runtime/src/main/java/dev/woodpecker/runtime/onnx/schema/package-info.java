/** What ONNX says a node may look like, as one table over all opsets. */
@NullMarked
package dev.woodpecker.runtime.onnx.schema;

import org.jspecify.annotations.NullMarked;

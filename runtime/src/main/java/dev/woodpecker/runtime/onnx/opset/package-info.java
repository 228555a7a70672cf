/**
 * Rules that bring nodes of older opsets into the newest form. What a table can say (defaults, attributes that became
 * inputs) is in {@link dev.woodpecker.runtime.onnx.schema.OperatorSchemas}; here is what changed its meaning.
 */
@NullMarked
package dev.woodpecker.runtime.onnx.opset;

import org.jspecify.annotations.NullMarked;

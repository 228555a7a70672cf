package dev.woodpecker.runtime.graph;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;

/** What is known of a value before it is computed. Printed as {@code f32[1, 3, 224, 224]}. */
public record TensorType(DType element, Shape shape) {

    public static TensorType of(DType element, int... extents) {
        return new TensorType(element, Shape.of(extents));
    }

    public static TensorType of(NdArray array) {
        return of(array.type(), array.shape());
    }

    @Override
    public String toString() {
        return element.text() + shape;
    }
}

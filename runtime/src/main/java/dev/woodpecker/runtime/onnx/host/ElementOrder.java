package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;

/** Compares elements of one array by value: 0 equals -0, NaN is greater than all else and equals itself. */
final class ElementOrder {

    private ElementOrder() {}

    static int compare(NdArray array, long i, long j) {
        if (array.type().isFloat()) {
            // Adding 0 turns -0 into 0, which Double.compare tells apart.
            return Double.compare(array.getDouble(i) + 0.0, array.getDouble(j) + 0.0);
        }
        return array.type() == DType.U64
                ? Long.compareUnsigned(array.getLong(i), array.getLong(j))
                : Long.compare(array.getLong(i), array.getLong(j));
    }
}

package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;

/**
 * A tensor as lines along one axis: element {@code k} of the line at {@code (outer, inner)} lies at
 * {@code (outer * extent + k) * inners + inner}.
 */
record Lines(long outers, int extent, long inners) {

    static Lines of(NdArray array, int axis) {
        long outers = 1;
        for (int before = 0; before < axis; before++) {
            outers *= array.size(before);
        }
        long inners = 1;
        for (int after = axis + 1; after < array.rank(); after++) {
            inners *= array.size(after);
        }
        return new Lines(outers, array.size(axis), inners);
    }

    long position(long outer, long k, long inner) {
        return (outer * extent + k) * inners + inner;
    }
}

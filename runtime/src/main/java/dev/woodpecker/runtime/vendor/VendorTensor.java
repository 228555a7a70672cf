package dev.woodpecker.runtime.vendor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A tensor of {@code float} as a library is told of it.
 *
 * @param strides elements between neighbours on each axis; of a tensor whose channels lie in blocks they are those of the
 *     plain tensor, and say nothing
 * @param block how many channels, axis 1, lie together innermost; 1 for a plain tensor
 */
public record VendorTensor(List<Long> extents, List<Long> strides, int block) {
    public VendorTensor {
        extents = List.copyOf(extents);
        strides = List.copyOf(strides);
        if (extents.isEmpty() || extents.size() != strides.size() || block < 1 || block > 1 && extents.size() < 3) {
            throw new IllegalArgumentException(
                    "a tensor of extents " + extents + ", strides " + strides + ", blocks of " + block);
        }
    }

    /** A tensor in row-major order. */
    public static VendorTensor rowMajor(List<Long> extents) {
        return blocked(extents, 1);
    }

    /** A tensor whose channels, axis 1, lie in blocks. */
    public static VendorTensor blocked(List<Long> extents, int block) {
        List<Long> strides = new ArrayList<>();
        long stride = 1;
        for (long extent : extents.reversed()) {
            strides.add(stride);
            stride *= Math.max(1, extent);
        }
        Collections.reverse(strides);
        return new VendorTensor(extents, strides, block);
    }

    /**
     * From its first to its last element.
     *
     * @throws IllegalArgumentException if an extent is not positive, or a stride negative
     */
    public long bytes() {
        long last = 0;
        if (block > 1) {
            return blocked(extents, 1).bytes();
        }
        for (int i = 0; i < rank(); i++) {
            if (extents.get(i) < 1 || strides.get(i) < 0) {
                throw new IllegalArgumentException("a tensor of extents " + extents + ", strides " + strides);
            }
            last = Math.addExact(last, Math.multiplyExact(extents.get(i) - 1, strides.get(i)));
        }
        return Math.multiplyExact(Math.addExact(last, 1), Float.BYTES);
    }

    public int rank() {
        return extents.size();
    }
}

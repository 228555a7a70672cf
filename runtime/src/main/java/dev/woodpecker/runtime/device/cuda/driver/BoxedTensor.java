package dev.woodpecker.runtime.device.cuda.driver;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor of elements of two bytes of which a kernel copies boxes by hardware: row-major, and in shared memory rows of 128
 * bytes whose pieces of 16 are exchanged by the row ("128B swizzle"). Elements beyond the tensor are zero.
 *
 * @param address a multiple of 16
 * @param extents outermost axis first
 * @param box elements along each axis, at most 256
 */
public record BoxedTensor(long address, List<Long> extents, List<Integer> box) {
    public static final int ELEMENT_BYTES = 2;

    public BoxedTensor {
        extents = List.copyOf(extents);
        box = List.copyOf(box);
        if (extents.size() != box.size()) {
            throw new IllegalArgumentException("a box of " + box + " of a tensor of " + extents);
        }
    }

    /** Bytes from one element to the next along each axis but the innermost, from that beside it outwards. */
    public List<Long> strides() {
        long[] strides = new long[extents.size() - 1];
        long bytes = ELEMENT_BYTES;
        for (int i = 0; i < strides.length; i++) {
            bytes *= extents.get(extents.size() - 1 - i);
            strides[i] = bytes;
        }
        return Arrays.stream(strides).boxed().toList();
    }
}

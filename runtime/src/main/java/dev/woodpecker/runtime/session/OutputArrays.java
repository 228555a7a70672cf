package dev.woodpecker.runtime.session;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.graph.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * New arrays for what runs compute. Small ones share blocks: memory of its own is half a kilobyte of Java's heap for its
 * bookkeeping, and a reference that the collector must see to, which for ten numbers a run made most of its pauses. Not safe
 * for use by several threads at once.
 */
final class OutputArrays {
    /** What an array that is kept can keep alive with it at most. */
    static final long BLOCK_BYTES = 4096;

    /** Arrays up to this size are small: eight of them share a block. */
    static final long SMALL_BYTES = BLOCK_BYTES / 8;

    private MemorySegment block = MemorySegment.NULL;
    private long used;

    /** An array whose elements are not specified. */
    NdArray allocate(TensorType type) {
        int[] extents = type.shape().extents();
        long bytes = bytes(type, extents);
        if (bytes == 0 || bytes > SMALL_BYTES) {
            return NdArray.allocate(type.element(), extents);
        }
        if (used + bytes > block.byteSize()) {
            block = Arena.ofAuto().allocate(BLOCK_BYTES, NativeMemory.ALIGNMENT);
            used = 0;
        }
        MemorySegment memory = block.asSlice(used, bytes);
        used += Math.ceilDiv(bytes, NativeMemory.ALIGNMENT) * NativeMemory.ALIGNMENT;
        return NdArray.wrap(memory, type.element(), extents);
    }

    /** More than is small where the product does not fit. */
    private static long bytes(TensorType type, int[] extents) {
        long bytes = type.element().bytes();
        for (int extent : extents) {
            bytes = Math.min(bytes, Integer.MAX_VALUE) * extent;
        }
        return bytes;
    }
}

package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.MemorySegment;

/** What computes a part of a kernel's range: compiled code, or a library that is called instead. */
public interface KernelFunction {
    /**
     * Computes the part {@code begin <= i < end} of the kernel's range on this thread.
     *
     * @param buffers native memory holding one pointer a buffer
     * @param params native memory holding one {@code int64_t} a run-time parameter
     * @param scratch native memory of the size the kernel asks for, 64-byte aligned
     * @return 0, or the number of the run-time check that failed
     */
    int run(MemorySegment buffers, MemorySegment params, MemorySegment scratch, long begin, long end);
}

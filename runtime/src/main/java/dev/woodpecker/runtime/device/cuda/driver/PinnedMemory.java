package dev.woodpecker.runtime.device.cuda.driver;

import dev.woodpecker.runtime.device.cpu.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of the host that the driver is to pin, in whole pages. */
record PinnedMemory(Arena arena, MemorySegment segment) {
    private static final long PAGE_BYTES = 4096;

    /** @return a segment that starts a page and has at least {@code bytes} */
    static PinnedMemory allocate(long bytes, String purpose) {
        Arena arena = Arena.ofShared();
        long pages = Math.max(1, Math.ceilDiv(bytes, PAGE_BYTES));
        MemorySegment all = NativeMemory.allocate(arena, (pages + 1) * PAGE_BYTES, purpose);
        return new PinnedMemory(arena, all.asSlice(-all.address() & (PAGE_BYTES - 1), pages * PAGE_BYTES));
    }
}

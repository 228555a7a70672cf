package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The {@code buffers} argument of a kernel: one pointer a buffer, and the memory that they point to, held alive. */
public final class BufferTable {
    private final MemorySegment pointers;
    /** The same memory, written without the handle of a variable, which Java would make at run time. */
    private final ByteBuffer addresses;

    private final List<MemorySegment> buffers;

    /** A table of {@code count} pointers, all null until set. */
    public BufferTable(Arena arena, int count) {
        pointers = arena.allocate(ValueLayout.ADDRESS, Math.max(1, count));
        addresses = pointers.asByteBuffer().order(ByteOrder.nativeOrder());
        buffers = new ArrayList<>(Collections.nCopies(count, MemorySegment.NULL));
    }

    /**
     * Lets the kernel's buffer {@code index} be {@code memory}.
     *
     * @throws IllegalArgumentException when it is not native memory aligned to {@link NativeMemory#ALIGNMENT}
     */
    public void set(int index, MemorySegment memory) {
        if (!memory.isNative() || memory.address() % NativeMemory.ALIGNMENT != 0) {
            throw new IllegalArgumentException("buffer %d must be native memory aligned to %d bytes, but is %s"
                    .formatted(index, NativeMemory.ALIGNMENT, memory));
        }
        buffers.set(index, memory);
        addresses.putLong(index * Long.BYTES, memory.address());
    }

    public int count() {
        return buffers.size();
    }

    /**
     * The table itself, for a call.
     *
     * @throws IllegalStateException when the memory of a buffer was freed
     */
    MemorySegment pointers() {
        for (int i = 0; i < buffers.size(); i++) {
            if (!buffers.get(i).scope().isAlive()) {
                throw new IllegalStateException("the memory of buffer " + i + " was freed before the kernel ran");
            }
        }
        return pointers;
    }
}

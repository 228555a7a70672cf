package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cpu.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A buffer between two zones that nobody may write to. */
final class GuardedMemory {
    /** Of each zone: more than a row of any tile, so that what runs over an edge is caught. */
    private static final long GUARD_BYTES = 16 << 10;

    private static final byte GUARD = (byte) 0xa5;
    /** NaN in every float type, -1 in every integer type, no boolean. */
    private static final byte POISON = (byte) 0xff;

    private final MemorySegment before;
    private final MemorySegment content;
    private final MemorySegment after;

    private GuardedMemory(MemorySegment before, MemorySegment content, MemorySegment after) {
        this.before = before;
        this.content = content;
        this.after = after;
    }

    /** {@code bytes} zero bytes. */
    static GuardedMemory allocate(Arena arena, long bytes, String purpose) {
        MemorySegment whole = NativeMemory.allocate(arena, 2 * GUARD_BYTES + bytes, purpose);
        MemorySegment before = whole.asSlice(0, GUARD_BYTES);
        MemorySegment after = whole.asSlice(GUARD_BYTES + bytes, GUARD_BYTES);
        before.fill(GUARD);
        after.fill(GUARD);
        return new GuardedMemory(before, whole.asSlice(GUARD_BYTES, bytes), after);
    }

    MemorySegment content() {
        return content;
    }

    /** Makes it hold what no result should be. */
    void poison() {
        content.fill(POISON);
    }

    /** Whether neither zone was written to. */
    boolean isIntact() {
        return isUntouched(before) && isUntouched(after);
    }

    private static boolean isUntouched(MemorySegment zone) {
        // All bytes are as their neighbours, and the first is as it was.
        return zone.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) == GUARD
                && zone.asSlice(1).mismatch(zone.asSlice(0, zone.byteSize() - 1)) < 0;
    }
}

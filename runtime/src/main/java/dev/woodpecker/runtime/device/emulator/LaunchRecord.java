package dev.woodpecker.runtime.device.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The {@code struct Launch} of emulator.cc: fields of 8 bytes each. */
final class LaunchRecord {
    /** In the order of the C++. */
    enum Field {
        KERNEL,
        ARGUMENTS,
        GRID_X,
        GRID_Y,
        GRID_Z,
        BLOCK_X,
        BLOCK_Y,
        BLOCK_Z,
        STACKS,
        STACK_BYTES,
        REGIONS,
        REGION_COUNT,
        FIBERS,
        COPIES,
        COPY_CAPACITY,
        STATUS,
        SEED,
        DYNAMIC_SHARED,
        STOP,
        FAULT,
        THREAD,
        OTHER_THREAD,
        FAULT_BLOCK_X,
        FAULT_BLOCK_Y,
        FAULT_BLOCK_Z,
        ADDRESS,
        BYTES,
        IS_WRITE,
        SITE,
        OTHER_SITE,
        LINE,
        OTHER_LINE,
        DETAIL,
        ACCESSES,
        BARRIERS,
        COLLECTIVES,
        COPIED,
        EPOCH
    }

    static final long BYTES = 8L * Field.values().length;

    private final MemorySegment memory;

    LaunchRecord(Arena arena) {
        this.memory = arena.allocate(BYTES, 8);
        set(Field.OTHER_THREAD, -1);
    }

    MemorySegment memory() {
        return memory;
    }

    void set(Field field, long value) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, field.ordinal(), value);
    }

    void set(Field field, MemorySegment address) {
        set(field, address.address());
    }

    long get(Field field) {
        return memory.getAtIndex(ValueLayout.JAVA_LONG, field.ordinal());
    }
}

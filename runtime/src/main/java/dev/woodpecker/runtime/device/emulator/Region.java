package dev.woodpecker.runtime.device.emulator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory that a kernel may access.
 *
 * @param elementBytes of one element, for which it is remembered who accessed it
 */
record Region(String name, Kind kind, long address, long bytes, int elementBytes) {
    /** In the order of emulator.cc. */
    enum Kind {
        GLOBAL_READ("global"),
        GLOBAL_WRITE("global"),
        SHARED("shared"),
        CONSTANT("constant");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }

        /** Whether it is remembered who accessed what. */
        boolean isWatched() {
            return this == GLOBAL_WRITE || this == SHARED;
        }
    }

    static final long RECORD_BYTES = 40;

    long elements() {
        return Math.ceilDiv(bytes, elementBytes);
    }

    void write(MemorySegment records, int index, MemorySegment cells) {
        long[] fields = {
            address,
            address + bytes,
            kind.ordinal(),
            Long.numberOfTrailingZeros(elementBytes),
            kind.isWatched() ? cells.address() : 0
        };
        for (int i = 0; i < fields.length; i++) {
            records.set(ValueLayout.JAVA_LONG, index * RECORD_BYTES + 8L * i, fields[i]);
        }
    }

    /** How far an address is outside; 0 within. */
    long distance(long other) {
        return other < address ? address - other : Math.max(0, other - (address + bytes - 1));
    }

    /** The element at an address, in words: {@code a_cache[17]}, also beyond the ends. */
    String element(long at) {
        return name + "[" + Math.floorDiv(at - address, elementBytes) + "]";
    }
}

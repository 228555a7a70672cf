package dev.woodpecker.runtime.vendor.onednn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Ties the lives of oneDNN's objects to arenas. */
final class Owned {
    private Owned() {}

    /** The object, which is destroyed when the arena is closed. */
    static long by(Arena arena, long object, MethodHandle destroy) {
        MemorySegment.ofAddress(object).reinterpret(1, arena, segment -> OneDnn.invoke(destroy, segment.address()));
        return object;
    }
}

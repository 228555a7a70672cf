package dev.woodpecker.runtime.plan.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Things that are given back when an arena is closed, as its memory is. */
final class AtClose {
    private AtClose() {}

    static void of(Arena arena, Runnable release) {
        MemorySegment _ = MemorySegment.ofAddress(1).reinterpret(1, arena, _ -> release.run());
    }
}

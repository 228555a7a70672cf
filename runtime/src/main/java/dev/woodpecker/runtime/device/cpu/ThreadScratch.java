package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What the pools know of one thread. Its scratch memory is grown on demand and freed some time after the thread ended. A task that starts
 * another task on its own thread gets a second block, and so on.
 */
final class ThreadScratch {
    private static final ThreadLocal<ThreadScratch> OF_THREAD = ThreadLocal.withInitial(ThreadScratch::new);

    private final List<MemorySegment> blocks = new ArrayList<>();
    private int taken;
    private int turns;

    private ThreadScratch() {}

    static ThreadScratch ofThisThread() {
        return OF_THREAD.get();
    }

    /** Whether this thread is inside a task now. */
    boolean isTaken() {
        return taken > 0;
    }

    /** Counts the holds of this thread on the cores; true for the first. */
    boolean beginTurn() {
        return turns++ == 0;
    }

    /** True for the last. */
    boolean endTurn() {
        return --turns == 0;
    }

    /** At least {@code bytes} bytes, until {@link #giveBack()}. */
    MemorySegment take(long bytes) {
        if (taken == blocks.size()) {
            blocks.add(MemorySegment.NULL);
        }
        MemorySegment block = blocks.get(taken);
        if (block.byteSize() < bytes) {
            // The old block first: it could be as large as what is asked for now.
            long grown = Math.max(bytes, 2 * block.byteSize());
            blocks.set(taken, MemorySegment.NULL);
            block = NativeMemory.allocate(Arena.ofAuto(), grown, "a worker's scratch memory");
            blocks.set(taken, block);
        }
        taken++;
        return block;
    }

    void giveBack() {
        taken--;
    }
}

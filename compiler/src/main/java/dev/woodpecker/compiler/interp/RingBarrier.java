package dev.woodpecker.compiler.interp;

import java.util.ArrayList;
import java.util.List;

/**
 * A barrier of a ring: phases end when as many threads have arrived as each wants, and all bytes that they expect. Copies are
 * made when they are waited for, which is as late as the hardware may make them.
 */
final class RingBarrier {
    private final long arrivals;
    private final Worker.Block block;
    private final List<Runnable> copies = new ArrayList<>();
    private long missing;
    private long bytes;
    private long phase;

    RingBarrier(long arrivals, Worker.Block block) {
        this.arrivals = arrivals;
        this.missing = arrivals;
        this.block = block;
    }

    void arrive(long expectedBytes) {
        missing--;
        bytes += expectedBytes;
        if (missing < 0) {
            throw new InterpreterException("more threads arrive at a barrier than the " + arrivals + " of its phase");
        }
        endIfOver();
    }

    /** A copy that arrives here. */
    void add(Runnable copy, long copiedBytes) {
        copies.add(() -> {
            copy.run();
            bytes -= copiedBytes;
        });
    }

    /** Whether the phase of a parity is over; the one before the first is. */
    boolean isOver(long parity) {
        while (phase % 2 == parity && missing == 0 && bytes > 0 && !copies.isEmpty()) {
            copies.removeFirst().run();
            endIfOver();
        }
        return phase % 2 != parity;
    }

    private void endIfOver() {
        if (missing == 0 && bytes == 0) {
            phase++;
            missing = arrivals;
            // Who waits for it sees what was done before.
            block.epoch++;
        }
    }

    @Override
    public String toString() {
        return "phase " + phase + ", which misses " + missing + " arrivals and " + bytes + " bytes";
    }
}

package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Times one candidate. Short runs are timed several at once. Weights are cold: each run takes the next copy, and where all
 * copies together fit the caches, other memory is read through them before the first is taken again; a run that is not
 * counted makes the activations warm after that.
 */
final class CandidateClock {
    /** Below this the clock's own cost and resolution show. */
    private static final double SHORTEST_SECONDS = 20e-6;

    /** How long code that is called from Java in short runs is called before it counts: its caller is compiled meanwhile. */
    private static final double SETTLING_SECONDS = 2e-3;

    private final CpuKernel kernel;
    private final WorkerBuffers.Bound bound;
    private final MemorySegment parameters;
    private final WorkerPool pool;
    private final long sweepBytes;
    private final int batch;
    private int copy = 1;

    /**
     * @param firstSeconds of a run, which decides how many runs are timed at once
     * @param sweepBytes more than the last-level cache has
     */
    CandidateClock(
            CpuKernel kernel,
            WorkerBuffers.Bound bound,
            MemorySegment parameters,
            WorkerPool pool,
            double firstSeconds,
            long sweepBytes) {
        this.kernel = kernel;
        this.bound = bound;
        this.parameters = parameters;
        this.pool = pool;
        this.sweepBytes = sweepBytes;
        double seconds = firstSeconds;
        if (firstSeconds < 5 * SHORTEST_SECONDS) {
            long start = System.nanoTime();
            int runs = 0;
            do {
                run(0);
                runs++;
            } while ((System.nanoTime() - start) * 1e-9 < SETTLING_SECONDS);
            seconds = (System.nanoTime() - start) * 1e-9 / runs;
        }
        int wanted = (int) Math.clamp(Math.ceil(SHORTEST_SECONDS / seconds), 1, 10_000);
        this.batch = bound.isCold() ? Math.min(wanted, bound.tables().size() - 1) : wanted;
    }

    /** Runs it once without counting. */
    void warm() {
        run(0);
    }

    /** Seconds of a run, or the mean of some short ones. */
    double time() {
        if (bound.needsSweep() && copy + batch > bound.tables().size()) {
            Sweep.over(sweepBytes);
            run(0);
            copy = 1;
        }
        long start = System.nanoTime();
        for (int i = 0; i < batch; i++) {
            run(copy);
            copy++;
        }
        return (System.nanoTime() - start) * 1e-9 / batch;
    }

    private void run(int table) {
        kernel.run(pool, bound.tables().get(table % bound.tables().size()), parameters);
    }

    /** Memory that is read to put other memory out of the caches. */
    private static final class Sweep {
        private static final int LINE_BYTES = 64;
        private static MemorySegment memory = MemorySegment.NULL;

        static void over(long bytes) {
            if (memory.byteSize() < bytes) {
                memory = NativeMemory.allocate(Arena.ofAuto(), bytes, "a memory sweep");
                // Pages that were never written would all be one and the same, in the cache.
                memory.fill((byte) 1);
            }
            long sum = 0;
            for (long at = 0; at < bytes; at += LINE_BYTES) {
                sum += memory.get(ValueLayout.JAVA_BYTE, at);
            }
            // Without a use of what was read nothing would be.
            memory.set(ValueLayout.JAVA_BYTE, 0, (byte) (sum | 1));
        }
    }
}

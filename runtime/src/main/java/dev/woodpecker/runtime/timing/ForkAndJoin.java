package dev.woodpecker.runtime.timing;

import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.util.Arrays;

/**
 * What it costs that the threads of a pool share a kernel's work: how much longer as many equal parts take as there are
 * threads than one part takes, between jobs that follow each other as a model's kernels do.
 *
 * @param p99Seconds what 99 of 100 jobs did not exceed; on a machine that does other things too, a time slice
 */
public record ForkAndJoin(double medianSeconds, double p99Seconds) {
    private static final int JOBS = 20_000;
    /** As long as a small kernel's: a thread has come by then. */
    private static final long PART_NANOSECONDS = 20_000;

    /** Measures it on this machine, in half a second. */
    public static ForkAndJoin of(int threads) {
        double[] seconds = new double[JOBS];
        try (WorkerPool pool = new WorkerPool(threads);
                WorkerPool.Turn _ = pool.turn()) {
            for (int job = 0; job < JOBS; job++) {
                long start = System.nanoTime();
                pool.run(threads, 0, (begin, end, scratch) -> {
                    long until = System.nanoTime() + (end - begin) * PART_NANOSECONDS;
                    while (System.nanoTime() < until) {
                        Thread.onSpinWait();
                    }
                    return 0;
                });
                seconds[job] = Math.max(0, System.nanoTime() - start - PART_NANOSECONDS) * 1e-9;
            }
        }
        // Java compiles what the first jobs run.
        double[] settled = Arrays.copyOfRange(seconds, JOBS / 2, JOBS);
        Arrays.sort(settled);
        return new ForkAndJoin(settled[settled.length / 2], settled[settled.length * 99 / 100]);
    }
}

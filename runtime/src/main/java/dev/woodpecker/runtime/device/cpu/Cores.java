package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.toolchain.CpuFeatures;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The cores of the process, which all pools share: how many threads compute now, and so whether one more may join.
 *
 * <p>Where a control group meters the process's time, callers beyond the cores wait their turn, in order. More at a time
 * would not compute more: they would use the quota up sooner, and all of them stand still for the rest of its period.
 */
final class Cores {
    private static final Cores OF_HOST = new Cores(CpuFeatures.ofHost());

    private final int count;
    private final boolean metered;
    private final Semaphore turns;
    /** Callers inside a run, and workers inside a job. */
    private final AtomicInteger computing = new AtomicInteger();
    /** Those, and workers that spin. */
    private final AtomicInteger awake = new AtomicInteger();

    Cores(CpuFeatures cpu) {
        count = cpu.cores();
        metered = cpu.quota().cores().isPresent();
        turns = new Semaphore(count, true);
    }

    static Cores ofHost() {
        return OF_HOST;
    }

    int count() {
        return count;
    }

    /** A caller begins to compute; it waits only where time is metered. */
    void enter() {
        if (metered) {
            turns.acquireUninterruptibly();
        }
        computing.incrementAndGet();
        awake.incrementAndGet();
    }

    void exit() {
        awake.decrementAndGet();
        computing.decrementAndGet();
        if (metered) {
            turns.release();
        }
    }

    /** Whether a worker may join those that compute, if at most {@code limit} are to. */
    boolean hasRoom(int limit) {
        return computing.get() < limit;
    }

    /** Counts a worker in, unless {@code limit} compute already. */
    boolean join(int limit) {
        for (int now = computing.get(); now < limit; now = computing.get()) {
            if (computing.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    void leave() {
        computing.decrementAndGet();
    }

    /** Counts a worker out if more than {@code limit} compute: callers came meanwhile. */
    boolean leaveIfCrowded(int limit) {
        for (int now = computing.get(); now > limit; now = computing.get()) {
            if (computing.compareAndSet(now, now - 1)) {
                return true;
            }
        }
        return false;
    }

    void wakes() {
        awake.incrementAndGet();
    }

    void sleeps() {
        awake.decrementAndGet();
    }

    /** Spinning is free while every thread that is awake has a core, and nobody counts the time. */
    boolean maySpin() {
        return !metered && awake.get() <= count;
    }
}

package dev.woodpecker.benchmarks.gpu;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ends the process when an item takes too long: a kernel that does not end cannot be stopped otherwise. What the item was is
 * in the journal, and the next process leaves it out.
 */
final class Watchdog {
    /** The exit code of a process that was ended so. */
    static final int EXIT_CODE = 97;

    private static final long CHECK_MILLISECONDS = 250;
    private static final long IDLE = Long.MAX_VALUE;

    private final AtomicLong deadline = new AtomicLong(IDLE);
    private final Duration limit;

    private Watchdog(Duration limit) {
        this.limit = limit;
    }

    /** @param limit of an item */
    static Watchdog start(Duration limit) {
        Watchdog watchdog = new Watchdog(limit);
        Thread.ofPlatform().daemon().name("watchdog").start(watchdog::watch);
        return watchdog;
    }

    void begin() {
        deadline.set(System.nanoTime() + limit.toNanos());
    }

    void end() {
        deadline.set(IDLE);
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(CHECK_MILLISECONDS);
                long at = deadline.get();
                if (at != IDLE && System.nanoTime() - at > 0) {
                    System.err.println("an item did not end within " + limit.toSeconds() + " s");
                    Runtime.getRuntime().halt(EXIT_CODE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.woodpecker.tuner;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends a run in good order when the program is told to end, as by Ctrl-C: the program waits until the run is over. */
final class StopOnShutdown implements AutoCloseable {
    /** Beyond the time that a candidate may take, which is waited for. */
    private static final long MOST_SECONDS = 20;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;

    private StopOnShutdown(Runnable stop) {
        this.hook = new Thread(
                () -> {
                    stop.run();
                    try {
                        finished.await(MOST_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException _) {
                        // The program ends at once.
                    }
                },
                "stop on shutdown");
    }

    static StopOnShutdown of(Runnable stop) {
        StopOnShutdown registered = new StopOnShutdown(stop);
        Runtime.getRuntime().addShutdownHook(registered.hook);
        return registered;
    }

    /** The run is over, and its result printed. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The program is ending: the hook has been waiting for this.
        }
    }
}

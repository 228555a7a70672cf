package dev.woodpecker.runtime.device.cpu;

import java.util.concurrent.CancellationException;

/** Whether a run is still wanted; any thread may say that it is not. */
public final class Cancellation {
    /** Of runs that nobody calls off. */
    public static final Cancellation NEVER = new Cancellation();

    private volatile boolean requested;

    public void request() {
        if (this == NEVER) {
            throw new IllegalStateException("this run cannot be cancelled");
        }
        requested = true;
    }

    /**
     * Asked between kernels, and between the parts of one.
     *
     * @throws CancellationException once the run is not wanted any more
     */
    public void check() {
        if (requested) {
            throw new CancellationException("the run was cancelled");
        }
    }
}

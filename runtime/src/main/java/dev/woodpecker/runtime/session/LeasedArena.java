package dev.woodpecker.runtime.session;

import java.lang.foreign.Arena;

/** Native memory, or loaded code, that is freed when its owner has closed it and the last of its users has let go. */
public final class LeasedArena implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Runnable whenFreed;
    private int leases;
    private boolean closed;

    public LeasedArena() {
        this(() -> {});
    }

    /**
     * @param whenFreed done after the memory was freed, by the thread that let go last
     */
    public LeasedArena(Runnable whenFreed) {
        this.whenFreed = whenFreed;
    }

    /** For allocating; valid while the arena is not freed. */
    public Arena arena() {
        return arena;
    }

    /** A user's hold on the arena; closing it again does nothing. */
    public final class Lease implements AutoCloseable {
        private boolean released;

        private Lease() {}

        @Override
        public void close() {
            boolean free;
            synchronized (LeasedArena.this) {
                free = !released && --leases == 0 && closed;
                released = true;
            }
            if (free) {
                free();
            }
        }
    }

    /**
     * Keeps the memory until the lease is closed.
     *
     * @throws IllegalStateException when the owner has closed it
     */
    public synchronized Lease lease() {
        if (closed) {
            throw new IllegalStateException("closed already");
        }
        leases++;
        return new Lease();
    }

    @Override
    public void close() {
        boolean free;
        synchronized (this) {
            free = !closed && leases == 0;
            closed = true;
        }
        if (free) {
            free();
        }
    }

    private void free() {
        arena.close();
        whenFreed.run();
    }
}

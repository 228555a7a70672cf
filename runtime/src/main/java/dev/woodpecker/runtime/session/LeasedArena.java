package dev.woodpecker.runtime.session;

import java.lang.foreign.Arena;

/** Native memory, or loaded code, that is freed when its owner has closed it and the last of its users has let go. */
public final class LeasedArena implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private int leases;
    private boolean closed;

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
            synchronized (LeasedArena.this) {
                if (!released) {
                    released = true;
                    leases--;
                    freeIfUnused();
                }
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
    public synchronized void close() {
        if (!closed) {
            closed = true;
            freeIfUnused();
        }
    }

    private void freeIfUnused() {
        if (closed && leases == 0) {
            arena.close();
        }
    }
}

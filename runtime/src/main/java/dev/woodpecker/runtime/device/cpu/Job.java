package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One range being worked off: its chunks go, in order, to whoever asks next. */
final class Job {
    /** Set in {@link #workers} once nobody may join any more. */
    private static final int CLOSED = 1 << 30;

    private final RangeTask task;
    private final long extent;
    private final long scratchBytes;
    private final long chunks;
    private final Optional<Thread> owner;
    private final AtomicLong nextChunk = new AtomicLong();
    /** How many workers, the owner not counted, are inside. */
    private final AtomicInteger workers = new AtomicInteger();

    private long failedChunk = Long.MAX_VALUE;
    private int failedCheck;
    private Optional<Throwable> thrown = Optional.empty();

    /**
     * A job of the calling thread: {@code extent} in at most {@code chunkLimit} chunks, of which none is larger than another
     * by more than one. In chunks of one size 14 iterations of 12 would be 7 chunks, which two threads cannot halve.
     */
    Job(RangeTask task, long extent, long scratchBytes, long chunkLimit) {
        this(Optional.of(Thread.currentThread()), task, extent, scratchBytes, chunkLimit);
    }

    private Job(Optional<Thread> owner, RangeTask task, long extent, long scratchBytes, long chunkLimit) {
        this.owner = owner;
        this.task = task;
        this.extent = extent;
        this.scratchBytes = scratchBytes;
        chunks = Math.min(extent, chunkLimit);
    }

    /** A job that is over, for a pool that has none. */
    static Job none() {
        return new Job(Optional.empty(), (begin, end, scratch) -> 0, 0, 0, 1);
    }

    long chunks() {
        return chunks;
    }

    /** Where a chunk begins, and the one before it ends. */
    private long begin(long chunk) {
        return extent / chunks * chunk + Math.min(chunk, extent % chunks);
    }

    /** Whether there is a chunk that nobody took. */
    boolean hasWork() {
        return nextChunk.get() < chunks;
    }

    /** Joins as a worker, unless the owner has closed the job. */
    boolean enter() {
        for (; ; ) {
            int now = workers.get();
            if ((now & CLOSED) != 0) {
                return false;
            }
            if (workers.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    void leave() {
        if (workers.decrementAndGet() == CLOSED) {
            owner.ifPresent(LockSupport::unpark);
        }
    }

    /** Called by the owner when it finds no more chunks: from now on nobody joins. */
    void close() {
        workers.getAndAdd(CLOSED);
    }

    /** Whether, after {@link #close()}, every worker has left. */
    boolean isFinished() {
        return workers.get() == CLOSED;
    }

    /** Does chunks until there are none; a worker also asks after each whether it is to {@code stop}. */
    void work(BooleanSupplier stop) {
        ThreadScratch scratch = ThreadScratch.ofThisThread();
        MemorySegment memory;
        try {
            memory = scratch.take(scratchBytes);
        } catch (RuntimeException | Error e) {
            fail(0, 0, Optional.of(e));
            return;
        }
        try {
            long chunk = nextChunk.getAndIncrement();
            while (chunk < chunks) {
                try {
                    int check = task.run(begin(chunk), begin(chunk + 1), memory);
                    if (check != 0) {
                        fail(chunk, check, Optional.empty());
                    }
                } catch (RuntimeException | Error e) {
                    fail(chunk, 0, Optional.of(e));
                }
                if (stop.getAsBoolean()) {
                    return;
                }
                chunk = nextChunk.getAndIncrement();
            }
        } finally {
            scratch.giveBack();
        }
    }

    /** Keeps the failure of the lowest chunk. Those below were all taken before, so only those above are called off. */
    private synchronized void fail(long chunk, int check, Optional<Throwable> failure) {
        if (chunk < failedChunk) {
            failedChunk = chunk;
            failedCheck = check;
            thrown = failure;
        }
        nextChunk.set(chunks);
    }

    /** The number of the check that failed, 0 for none; throws what a chunk threw. */
    synchronized int result() {
        if (thrown.isPresent()) {
            switch (thrown.get()) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
        return failedCheck;
    }
}

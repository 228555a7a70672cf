package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.ConfigurationException;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that share ranges of work out among them; the caller is one of them, so a pool of one has none of its own.
 *
 * <p>A range is cut into some chunks a worker and each takes the next when it is done with one: how a range is cut
 * decides only who does what, and a kernel's result does not depend on it. A task that uses a pool itself does that part
 * alone.
 *
 * <p>Several threads may use one pool at the same time, each with a job of its own, at which workers that are idle help.
 * A caller never waits for another's job: where no core is left for a helper it does all of its job itself, and helpers
 * leave a job when callers have come for whom there would be no core.
 *
 * <p>Between jobs that follow each other closely, workers wait spinning, at most 50 microseconds, and only while every
 * thread that could run has a core to itself and no control group meters the time; then they sleep. After 30 seconds
 * asleep a thread ends, and comes back when needed.
 */
public final class WorkerPool implements AutoCloseable {
    private static final long SPIN_NANOSECONDS = 50_000;
    private static final int CHUNKS_PER_WORKER = 6;
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

    /** Jobs that can be helped with at the same time; a caller beyond them works alone. */
    private static final int MOST_JOBS = 16;

    private static final Job NO_JOB = Job.none();

    private final Cores cores;
    /** How many threads may compute in all for a worker of this pool to join: the cores, or what its owner asked for. */
    private final int limit;

    private final Duration idleLimit;
    private final List<Worker> workers;
    private final AtomicReferenceArray<Job> jobs;

    private volatile boolean closed;

    /** A pool of {@code size} workers, the caller included. */
    public WorkerPool(int size) {
        this(size, Cores.ofHost(), IDLE_LIMIT);
    }

    WorkerPool(int size, Cores cores, Duration idleLimit) {
        if (size < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 worker, not " + size);
        }
        this.cores = cores;
        this.limit = Math.max(size, cores.count());
        this.idleLimit = idleLimit;
        List<Worker> all = new ArrayList<>();
        for (int i = 0; i < size - 1; i++) {
            all.add(new Worker(i));
        }
        workers = List.copyOf(all);
        jobs = new AtomicReferenceArray<>(Math.min(MOST_JOBS, size - 1));
        for (int i = 0; i < jobs.length(); i++) {
            jobs.set(i, NO_JOB);
        }
    }

    /**
     * The pool that all sessions share unless told otherwise; it is never closed.
     *
     * @throws ConfigurationException if {@code WPK_THREADS} is no number of threads
     */
    public static WorkerPool shared() {
        return SharedPool.get();
    }

    /** How many threads work at once, the caller included. */
    public int size() {
        return workers.size() + 1;
    }

    /**
     * Does {@code task} over {@code 0 <= i < extent} and returns when all is done.
     *
     * @param scratchBytes how much memory each thread gets for itself
     * @return 0, or what the part with the lowest {@code i} returned of those that did not return 0
     * @throws RuntimeException or Error: what the part with the lowest {@code i} threw
     * @throws IllegalStateException when the pool is closed
     */
    public int run(long extent, long scratchBytes, RangeTask task) {
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        if (extent <= 0) {
            return 0;
        }
        ThreadScratch scratch = ThreadScratch.ofThisThread();
        if (scratch.isTaken()) {
            return runAlone(extent, scratchBytes, task, scratch);
        }
        try (Turn _ = new Turn(scratch)) {
            return workers.isEmpty() || extent == 1 || !cores.hasRoom(limit)
                    ? runAlone(extent, scratchBytes, task, scratch)
                    : runShared(extent, scratchBytes, task, scratch);
        }
    }

    /**
     * Does {@code task} over {@code 0 <= i < extent} on this thread: for what is done before a worker would have come.
     *
     * @return 0, or the number of the check that failed
     */
    public int runAlone(long extent, long scratchBytes, RangeTask task) {
        return extent <= 0 ? 0 : runAlone(extent, scratchBytes, task, ThreadScratch.ofThisThread());
    }

    private static int runAlone(long extent, long scratchBytes, RangeTask task, ThreadScratch scratch) {
        MemorySegment memory = scratch.take(scratchBytes);
        try {
            return task.run(0, extent, memory);
        } finally {
            scratch.giveBack();
        }
    }

    /**
     * The calling thread is about to run kernels one after the other, and counts as one that computes until it closes the
     * turn. Where time is metered it waits for a core here, and not before every kernel.
     */
    public Turn turn() {
        return new Turn(ThreadScratch.ofThisThread());
    }

    /** A thread's hold on a core. To be closed by that thread; holds within others cost nothing. */
    public final class Turn implements AutoCloseable {
        private final ThreadScratch thread;

        private Turn(ThreadScratch thread) {
            this.thread = thread;
            // A worker is counted already.
            if (thread.beginTurn() && !thread.isTaken()) {
                cores.enter();
            }
        }

        @Override
        public void close() {
            if (thread.endTurn() && !thread.isTaken()) {
                cores.exit();
            }
        }
    }

    private int runShared(long extent, long scratchBytes, RangeTask task, ThreadScratch scratch) {
        Job job = new Job(task, extent, scratchBytes, (long) size() * CHUNKS_PER_WORKER);
        int place = publish(job);
        if (place < 0) {
            return runAlone(extent, scratchBytes, task, scratch);
        }
        try {
            wakeWorkers(0, job);
            job.work(() -> false);
            job.close();
            await(job);
        } finally {
            jobs.set(place, NO_JOB);
        }
        return job.result();
    }

    /** Lets workers see the job; negative if too many are open. */
    private int publish(Job job) {
        for (int i = 0; i < jobs.length(); i++) {
            if (jobs.get(i) == NO_JOB && jobs.compareAndSet(i, NO_JOB, job)) {
                return i;
            }
        }
        return -1;
    }

    /** A job that could use a worker, if there is a core for it; where there are several, workers begin to look apart. */
    private Job next(int worker) {
        if (cores.hasRoom(limit)) {
            int count = jobs.length();
            for (int i = 0; i < count; i++) {
                Job job = jobs.get((worker + i) % count);
                if (job.hasWork()) {
                    return job;
                }
            }
        }
        return NO_JOB;
    }

    private void await(Job job) {
        if (job.isFinished()) {
            return;
        }
        long spinUntil = System.nanoTime() + SPIN_NANOSECONDS;
        boolean interrupted = false;
        while (!job.isFinished()) {
            if (cores.maySpin() && System.nanoTime() < spinUntil) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(job);
                // A pending interrupt would turn parking into spinning; it is put back for whoever it was meant for.
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Wakes two workers for {@code job}; each wakes two more, so that many are awake soon and the caller is not held up. */
    private void wakeWorkers(int from, Job job) {
        int until = (int) Math.min(workers.size(), job.chunks() - 1);
        for (int i = from; i < Math.min(from + 2, until); i++) {
            workers.get(i).wake();
        }
    }

    /**
     * Ends the threads; callers finish jobs in progress by themselves.
     *
     * @throws IllegalStateException from inside a task, and for the shared pool
     */
    @Override
    public void close() {
        if (SharedPool.is(this)) {
            throw new IllegalStateException("the shared pool cannot be closed; its threads end when idle");
        }
        if (ThreadScratch.ofThisThread().isTaken()) {
            throw new IllegalStateException("a pool cannot be closed from inside a task");
        }
        closed = true;
        workers.forEach(Worker::end);
    }

    /** How many of the pool's own threads exist; for tests. */
    int liveThreads() {
        return (int) workers.stream().filter(Worker::isAlive).count();
    }

    private enum State {
        /** Running or spinning: sees a new job by itself. */
        AWAKE,
        /** Must be unparked to see one. */
        ASLEEP,
        /** Has no thread. */
        ENDED
    }

    private final class Worker implements Runnable {
        private final int index;
        private final AtomicReference<State> state = new AtomicReference<>(State.ENDED);
        private volatile Optional<Thread> thread = Optional.empty();

        Worker(int index) {
            this.index = index;
        }

        void wake() {
            if (state.compareAndSet(State.ASLEEP, State.AWAKE)) {
                thread.ifPresent(LockSupport::unpark);
            } else if (state.compareAndSet(State.ENDED, State.AWAKE)) {
                start();
            }
        }

        private void start() {
            try {
                Thread started = Thread.ofPlatform()
                        .name("woodpecker-worker-" + (index + 1))
                        .daemon()
                        .unstarted(this);
                thread = Optional.of(started);
                started.start();
            } catch (OutOfMemoryError e) {
                // The caller does the work of the threads that cannot be had.
                state.set(State.ENDED);
                // Looked for here: finding a logger takes 30 ms of every start.
                System.getLogger(WorkerPool.class.getName())
                        .log(Level.WARNING, "a worker thread cannot be started: {0}", e.getMessage());
            }
        }

        void end() {
            if (isAlive()) {
                thread.ifPresent(this::end);
            }
        }

        /** It has nothing left to do but to see that the pool is closed. */
        private void end(Thread living) {
            LockSupport.unpark(living);
            try {
                living.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        boolean isAlive() {
            return state.get() != State.ENDED;
        }

        @Override
        public void run() {
            cores.wakes();
            try {
                long idleSince = System.nanoTime();
                while (!closed) {
                    Job job = next(index);
                    if (job != NO_JOB && help(job)) {
                        idleSince = System.nanoTime();
                    } else if (cores.maySpin() && System.nanoTime() - idleSince < SPIN_NANOSECONDS) {
                        Thread.onSpinWait();
                    } else if (sleep()) {
                        idleSince = System.nanoTime();
                    } else {
                        return;
                    }
                }
                state.set(State.ENDED);
            } finally {
                cores.sleeps();
            }
        }

        /** False if the job is over, or the last core was taken meanwhile. */
        private boolean help(Job job) {
            if (!cores.join(limit)) {
                return false;
            }
            boolean joined = job.enter();
            boolean counted = true;
            if (joined) {
                wakeWorkers(2 * index + 2, job);
                AtomicBoolean left = new AtomicBoolean();
                job.work(() -> {
                    left.setPlain(cores.leaveIfCrowded(limit));
                    return left.getPlain();
                });
                counted = !left.getPlain();
                job.leave();
            }
            if (counted) {
                cores.leave();
            }
            return joined;
        }

        /** Waits for a job; false when the thread is to end. */
        private boolean sleep() {
            state.set(State.ASLEEP);
            cores.sleeps();
            try {
                long until = System.nanoTime() + idleLimit.toNanos();
                while (state.get() == State.ASLEEP) {
                    if (closed || next(index) != NO_JOB) {
                        state.compareAndSet(State.ASLEEP, State.AWAKE);
                    } else if (System.nanoTime() >= until) {
                        if (state.compareAndSet(State.ASLEEP, State.ENDED)) {
                            return false;
                        }
                    } else {
                        LockSupport.parkNanos(this, until - System.nanoTime());
                        Thread.interrupted();
                    }
                }
                return true;
            } finally {
                cores.wakes();
            }
        }
    }
}

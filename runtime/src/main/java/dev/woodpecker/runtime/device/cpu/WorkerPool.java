package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Threads that share ranges of work out among them; the caller is one of them, so a pool of one has none of its own.
 *
 * <p>A range is cut into some chunks a worker and each takes the next when it is done with one: how a range is cut
 * decides only who does what, and a kernel's result does not depend on it. Several threads may use one pool; they take
 * turns. A task that uses a pool itself does that part alone.
 *
 * <p>Between jobs that follow each other closely, workers wait spinning, at most 50 microseconds, and only while every
 * thread that could run has a core to itself and no control group meters the time; then they sleep. After 30 seconds
 * asleep a thread ends, and comes back when needed.
 */
public final class WorkerPool implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(WorkerPool.class.getName());

    private static final long SPIN_NANOSECONDS = 50_000;
    private static final int CHUNKS_PER_WORKER = 6;
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

    /** Threads of all pools, and their callers inside, that are not asleep. */
    private static final AtomicInteger AWAKE = new AtomicInteger();

    private static final Job NO_JOB = Job.none();

    private final int cores;
    private final boolean metered;
    private final Duration idleLimit;
    private final List<Worker> workers;
    /** Held by the caller whose job is the current one. */
    private final ReentrantLock turn = new ReentrantLock();

    private volatile Job current = NO_JOB;
    private volatile boolean closed;

    /** A pool of {@code size} workers, the caller included. */
    public WorkerPool(int size) {
        this(size, CpuFeatures.ofHost(), IDLE_LIMIT);
    }

    WorkerPool(int size, CpuFeatures cpu, Duration idleLimit) {
        if (size < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 worker, not " + size);
        }
        this.cores = cpu.cores();
        this.metered = cpu.quota().cores().isPresent();
        this.idleLimit = idleLimit;
        List<Worker> all = new ArrayList<>();
        for (int i = 0; i < size - 1; i++) {
            all.add(new Worker(i));
        }
        workers = List.copyOf(all);
    }

    /** The pool that all sessions share unless told otherwise; it is never closed. */
    public static WorkerPool shared() {
        return Shared.POOL;
    }

    private static final class Shared {
        private static final WorkerPool POOL =
                new WorkerPool(defaultSize(Environment.ofProcess(), CpuFeatures.ofHost()));
    }

    /** {@code WPK_THREADS}, else as many as the process may use cores. */
    static int defaultSize(Environment environment, CpuFeatures cpu) {
        return environment
                .get("WPK_THREADS")
                .map(text -> {
                    if (!text.strip().matches("[1-9][0-9]{0,3}")) {
                        throw new IllegalArgumentException(
                                "WPK_THREADS=" + text + " is not a number of threads from 1 to 9999");
                    }
                    return Integer.parseInt(text.strip());
                })
                .orElse(cpu.cores());
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
        if (workers.isEmpty() || extent == 1 || scratch.isTaken()) {
            return runAlone(extent, scratchBytes, task, scratch);
        }
        turn.lock();
        try {
            return runShared(new Job(task, extent, scratchBytes, (long) size() * CHUNKS_PER_WORKER));
        } finally {
            turn.unlock();
        }
    }

    private static int runAlone(long extent, long scratchBytes, RangeTask task, ThreadScratch scratch) {
        MemorySegment memory = scratch.take(scratchBytes);
        try {
            return task.run(0, extent, memory);
        } finally {
            scratch.giveBack();
        }
    }

    private int runShared(Job job) {
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        AWAKE.incrementAndGet();
        try {
            current = job;
            wakeWorker(0, job);
            wakeWorker(1, job);
            job.work();
            job.close();
            await(job);
        } finally {
            current = NO_JOB;
            AWAKE.decrementAndGet();
        }
        return job.result();
    }

    private void await(Job job) {
        long spinUntil = System.nanoTime() + SPIN_NANOSECONDS;
        boolean interrupted = false;
        while (!job.isFinished()) {
            if (!metered && AWAKE.get() <= cores && System.nanoTime() < spinUntil) {
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

    /** Wakes one worker for {@code job}; it wakes two more, so that many are awake soon and the caller is not held up. */
    private void wakeWorker(int index, Job job) {
        if (index < workers.size() && index < job.chunks() - 1) {
            workers.get(index).wake();
        }
    }

    /**
     * Ends the threads, after the job in progress.
     *
     * @throws IllegalStateException from inside a task, and for the shared pool
     */
    @Override
    public void close() {
        if (this == Shared.POOL) {
            throw new IllegalStateException("the shared pool cannot be closed; its threads end when idle");
        }
        if (ThreadScratch.ofThisThread().isTaken()) {
            throw new IllegalStateException("a pool cannot be closed from inside a task");
        }
        turn.lock();
        try {
            closed = true;
        } finally {
            turn.unlock();
        }
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
                LOGGER.log(Level.WARNING, "a worker thread cannot be started: {0}", e.getMessage());
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
            AWAKE.incrementAndGet();
            try {
                long idleSince = System.nanoTime();
                while (!closed) {
                    Job job = current;
                    if (job.hasWork() && job.enter()) {
                        wakeWorker(2 * index + 2, job);
                        wakeWorker(2 * index + 3, job);
                        job.work();
                        job.leave();
                        idleSince = System.nanoTime();
                    } else if (maySpin(job) && System.nanoTime() - idleSince < SPIN_NANOSECONDS) {
                        Thread.onSpinWait();
                    } else if (sleep()) {
                        idleSince = System.nanoTime();
                    } else {
                        return;
                    }
                }
                state.set(State.ENDED);
            } finally {
                AWAKE.decrementAndGet();
            }
        }

        /** Between jobs the caller is not counted, and is running all the same. */
        private boolean maySpin(Job job) {
            return !metered && AWAKE.get() + (job == NO_JOB ? 1 : 0) <= cores;
        }

        /** Waits for a job; false when the thread is to end. */
        private boolean sleep() {
            state.set(State.ASLEEP);
            AWAKE.decrementAndGet();
            try {
                long until = System.nanoTime() + idleLimit.toNanos();
                while (state.get() == State.ASLEEP) {
                    if (closed || current.hasWork()) {
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
                AWAKE.incrementAndGet();
            }
        }
    }
}

package dev.woodpecker.runtime.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Platform threads for runs whose callers do not wait, or are virtual threads: native code would hold such a thread's
 * carrier, and all virtual threads with it where carriers are few. They are daemons and end when idle.
 */
public final class RunThreads {
    private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());
    private static final long IDLE_SECONDS = 10;

    private static final Executor EXECUTOR = executor(THREADS);

    private RunThreads() {}

    private static Executor executor(int threads) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("woodpecker-run-", 1).daemon().factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    public static Executor executor() {
        return EXECUTOR;
    }

    /** What {@code action} returns or throws on a platform thread, for which the caller waits. */
    public static <T> T call(Supplier<T> action) {
        try {
            return CompletableFuture.supplyAsync(action, EXECUTOR).join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                case null, default -> throw e;
            }
        }
    }
}

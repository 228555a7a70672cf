package dev.woodpecker.runtime;

import dev.woodpecker.runtime.records.Records;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What a model is compiled with, whatever the model is: found by a thread of its own while the file is read, for each takes as
 * long in a JVM that has just begun.
 */
record LoadingTools(KernelCompiler compiler, Records records) {

    /** Tools that are being looked for. */
    static final class Search {
        private final FutureTask<LoadingTools> task;

        private Search(FutureTask<LoadingTools> task) {
            this.task = task;
        }

        /**
         * The tools, waited for.
         *
         * @throws dev.woodpecker.runtime.toolchain.ToolchainException if there is no C compiler
         */
        LoadingTools found() {
            // Where no thread does it, this one does; else this does nothing.
            task.run();
            boolean interrupted = false;
            try {
                while (true) {
                    try {
                        return task.get();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case RuntimeException exception -> throw exception;
                    case Error error -> throw error;
                    case null, default -> throw new IllegalStateException(e);
                }
            } catch (CancellationException e) {
                throw new IllegalStateException(e);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private static LoadingTools find(Options options) {
        return new LoadingTools(KernelCompiler.of(options.environment()), options.tuningRecords());
    }

    /** Begins to look for them; on one core when they are asked for. */
    static Search search(Options options) {
        FutureTask<LoadingTools> task = new FutureTask<>(() -> find(options));
        if (Runtime.getRuntime().availableProcessors() > 1) {
            Thread.ofPlatform().daemon().name("woodpecker-load").start(task);
        }
        return new Search(task);
    }
}

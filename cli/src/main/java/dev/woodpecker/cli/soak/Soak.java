package dev.woodpecker.cli.soak;

import dev.woodpecker.runtime.NdArray;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs a model again and again on several threads, which open and close sessions as they go, and compares every answer bit
 * by bit with the first.
 *
 * @param sessionRuns until a thread closes its session and opens another
 */
public record Soak(int threads, long runs, int sessionRuns) {
    /** So much of the runs is over when memory is first looked at: all is compiled, and every thread has been busy. */
    private static final double SETTLED = 0.1;

    public Soak {
        if (threads < 1 || runs < 1 || sessionRuns < 1) {
            throw new IllegalArgumentException("threads " + threads + ", runs " + runs + ", runs of a session "
                    + sessionRuns + ": each must be at least 1");
        }
    }

    /**
     * What came of it.
     *
     * @param medianSeconds of the runs after the first tenth, as {@code p99Seconds}
     * @param wrong runs whose answer was another than the first
     * @param processorSeconds that all threads of the process used after the first tenth, the collector's and compiler's too
     * @param settled memory after a tenth of the runs
     * @param middle after half of them
     * @param end after all; the model is still open, no session is
     */
    public record Result(
            long runs,
            long sessions,
            long wrong,
            double seconds,
            double processorSeconds,
            double medianSeconds,
            double p99Seconds,
            MemoryUse settled,
            MemoryUse middle,
            MemoryUse end) {
        public double runsPerSecond() {
            return runs / seconds;
        }

        /** Of the runs after the first tenth. */
        public double runsPerProcessorSecond() {
            return (runs - Math.floor(runs * SETTLED)) / processorSeconds;
        }
    }

    /**
     * Does it.
     *
     * @param model of whose inputs each run takes the next
     * @throws RuntimeException or Error: what a run threw
     */
    public Result of(SoakedModel model) throws InterruptedException {
        Course course = new Course(model);
        Latencies latencies = new Latencies();
        long sessions = 0;
        long wrong = 0;
        long start = System.nanoTime();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            Callable<Part> all = course::part;
            for (Future<Part> future : executor.invokeAll(Collections.nCopies(threads, all))) {
                Part part = future.get();
                latencies.addAll(part.latencies());
                sessions += part.sessions();
                wrong += part.wrong();
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                case null, default -> throw new IllegalStateException(e);
            }
        }
        return new Result(
                runs,
                sessions,
                wrong,
                (System.nanoTime() - start) * 1e-9,
                (processorNanoseconds() - course.settledProcessor) * 1e-9,
                latencies.quantileSeconds(0.5),
                latencies.quantileSeconds(0.99),
                course.settled,
                course.middle,
                MemoryUse.now());
    }

    private static long processorNanoseconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
    }

    /** One thread's part. */
    private record Part(Latencies latencies, long sessions, long wrong) {}

    /** What the threads share: what is left to do, and what is seen on the way. */
    private final class Course {
        private final SoakedModel model;
        private final List<Map<String, NdArray>> answers = new ArrayList<>();
        private final AtomicLong begun = new AtomicLong();
        private volatile MemoryUse settled = MemoryUse.now();
        private volatile MemoryUse middle = settled;
        private volatile long settledProcessor = processorNanoseconds();

        Course(SoakedModel model) {
            this.model = model;
            try (SoakedModel.Caller caller = model.open()) {
                for (int input = 0; input < model.inputs(); input++) {
                    answers.add(caller.run(input));
                }
            }
        }

        Part part() {
            Latencies latencies = new Latencies();
            long sessions = 0;
            long wrong = 0;
            while (begun.get() < runs) {
                try (SoakedModel.Caller caller = model.open()) {
                    sessions++;
                    for (int i = 0; i < sessionRuns; i++) {
                        long run = begun.getAndIncrement();
                        if (run >= runs) {
                            break;
                        }
                        wrong += isRight(caller, run, latencies) ? 0 : 1;
                        look(run);
                    }
                }
            }
            return new Part(latencies, sessions, wrong);
        }

        private boolean isRight(SoakedModel.Caller caller, long run, Latencies latencies) {
            int input = (int) (run % model.inputs());
            long start = System.nanoTime();
            Map<String, NdArray> outputs = caller.run(input);
            // What came before ran while Java compiled it.
            if (run >= (long) (runs * SETTLED)) {
                latencies.add(System.nanoTime() - start);
            }
            return outputs.equals(answers.get(input));
        }

        private void look(long run) {
            if (run == (long) (runs * SETTLED)) {
                settled = MemoryUse.now();
                settledProcessor = processorNanoseconds();
            } else if (run == runs / 2) {
                middle = MemoryUse.now();
            }
        }
    }
}

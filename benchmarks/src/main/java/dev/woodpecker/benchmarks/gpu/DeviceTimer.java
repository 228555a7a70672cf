package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.timing.Distribution;
import java.util.function.IntConsumer;

/**
 * How long something takes on the device, without the gaps between launches: many runs are captured in one graph, which is
 * launched several times, each between two events. What runs rotates among several sets of buffers, more than the level-2
 * cache holds.
 */
final class DeviceTimer implements AutoCloseable {
    /** Of one launch of the graph: long against an event's half a microsecond. */
    private static final double GRAPH_SECONDS = 1.5e-3;

    private static final int FEWEST_RUNS = 4;
    private static final int MOST_RUNS = 96;
    private static final int LAUNCHES = 7;
    /** From which on fewer launches do. */
    private static final double SLOW_SECONDS = 0.05;

    private final CudaDriver driver;
    private final Stream stream;
    private final Event start;
    private final Event end;

    DeviceTimer(CudaDriver driver, Stream stream) {
        this.driver = driver;
        this.stream = stream;
        this.start = driver.createEvent();
        this.end = driver.createEvent();
    }

    /**
     * The median of several launches, for one run.
     *
     * @param enqueue puts run {@code i} into the stream
     * @throws CudaException if the device refuses
     */
    double seconds(IntConsumer enqueue) {
        enqueue.accept(0);
        driver.synchronize(stream);
        double once = between(() -> enqueue.accept(1));
        int runs = (int) Math.clamp(GRAPH_SECONDS / Math.max(once, 1e-7), FEWEST_RUNS, MOST_RUNS);
        if (once > SLOW_SECONDS) {
            return Math.min(once, between(() -> enqueue.accept(2)));
        }
        try (Repeated repeated = repeated(enqueue, runs)) {
            repeated.run();
            driver.synchronize(stream);
            double[] seconds = new double[LAUNCHES];
            for (int i = 0; i < LAUNCHES; i++) {
                seconds[i] = between(repeated::run) / runs;
            }
            return Distribution.of(seconds).median();
        }
    }

    private double between(Runnable work) {
        driver.record(start, stream);
        work.run();
        driver.record(end, stream);
        driver.synchronize(end);
        driver.synchronize(stream);
        return driver.elapsedSeconds(start, end);
    }

    /** Several runs that are started at once. */
    private interface Repeated extends AutoCloseable {
        void run();

        @Override
        void close();
    }

    /** A graph, or, of what a library does not let be captured, the runs one by one: the gaps count then. */
    private Repeated repeated(IntConsumer enqueue, int runs) {
        try {
            driver.beginCapture(stream);
            try {
                for (int i = 0; i < runs; i++) {
                    enqueue.accept(i);
                }
            } catch (RuntimeException refused) {
                abandonCapture();
                throw refused;
            }
            Graph graph = driver.endCapture(stream);
            Executable executable = driver.instantiate(graph);
            return new Repeated() {
                @Override
                public void run() {
                    driver.launch(executable, stream);
                }

                @Override
                public void close() {
                    Release.of(() -> driver.destroy(executable));
                    Release.of(() -> driver.destroy(graph));
                }
            };
        } catch (CudaException | IllegalStateException refused) {
            if (refused instanceof CudaException cuda && cuda.isSticky()) {
                throw refused;
            }
            return new Repeated() {
                @Override
                public void run() {
                    for (int i = 0; i < runs; i++) {
                        enqueue.accept(i);
                    }
                }

                @Override
                public void close() {
                    // Nothing was made.
                }
            };
        }
    }

    /** Takes the stream out of a capture that something did not let itself be part of. */
    private void abandonCapture() {
        try {
            driver.destroy(driver.endCapture(stream));
        } catch (CudaException broken) {
            // That the capture is invalid is what this call tells; the stream is free again.
            return;
        }
    }

    @Override
    public void close() {
        Release.of(() -> driver.destroy(start));
        Release.of(() -> driver.destroy(end));
    }
}

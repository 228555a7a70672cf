package dev.woodpecker.runtime.timing;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Executable;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Graph;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import java.util.function.IntConsumer;

/**
 * How long something takes on the device, with nothing in its caches and without the gaps between launches. Many runs, each
 * on buffers of its own, are captured in one graph. A sample is one launch of the graph between two events; before it more
 * memory is written than the level-2 cache holds, which also takes longer than giving the device all of the sample does.
 *
 * <pre>
 * host:    flush, event, graph, event           flush, ...
 * device:  |----- flush -----|e| run 0 | run 1 | ... |e|
 * </pre>
 */
public final class DeviceTimer implements AutoCloseable {
    /** Of one launch of the graph: long against an event's half a microsecond. */
    private static final double GRAPH_SECONDS = 1.5e-3;

    private static final int FEWEST_RUNS = 4;
    /** At most in a graph; as many sets of buffers are of use. */
    public static final int MOST_RUNS = 96;

    private static final int SAMPLES = 7;
    /** From which on neither gaps nor caches matter: runs are timed one by one. */
    private static final double SLOW_SECONDS = 0.05;
    /** Twice would do for the cache; that again so that the host is ahead of the device. */
    private static final long FLUSHED_CACHES = 4;
    /** Of a device that is nearly full no more than this part of what is left is taken for that. */
    private static final long LEAST_FREE = 4;

    private final CudaDriver driver;
    private final Stream stream;
    private final Event start;
    private final Event end;
    private final long flushBytes;
    private final DevicePointer flushed;

    public DeviceTimer(CudaDriver driver, Stream stream) {
        this.driver = driver;
        this.stream = stream;
        this.flushBytes = Math.min(
                FLUSHED_CACHES * driver.facts().l2Bytes(), driver.memory().freeBytes() / LEAST_FREE);
        this.flushed = driver.allocate(flushBytes, "emptying the level-2 cache");
        this.start = driver.createEvent();
        this.end = driver.createEvent();
    }

    /**
     * The median of several samples, for one run.
     *
     * @param enqueue puts run {@code i} into the stream
     * @throws CudaException if the device refuses
     */
    public double seconds(IntConsumer enqueue) {
        try (Samples samples = samples(enqueue)) {
            double[] seconds = new double[samples.runs() == 1 ? 2 : SAMPLES];
            for (int i = 0; i < seconds.length; i++) {
                seconds[i] = samples.next();
            }
            return Distribution.of(seconds).median();
        }
    }

    /**
     * Makes ready to time something, alone or in turns with others. It has run by then.
     *
     * @param enqueue puts run {@code i} into the stream
     * @throws CudaException if the device refuses
     */
    public Samples samples(IntConsumer enqueue) {
        enqueue.accept(0);
        driver.synchronize(stream);
        double once = between(() -> enqueue.accept(1));
        if (once > SLOW_SECONDS) {
            return new Samples(() -> enqueue.accept(0), () -> {}, 1);
        }
        int runs = (int) Math.clamp(GRAPH_SECONDS / Math.max(once, 1e-7), FEWEST_RUNS, MOST_RUNS);
        Samples samples = repeated(enqueue, runs);
        // The first launch of a graph also brings it to the device.
        samples.next();
        return samples;
    }

    /** Something that is ready to be timed. */
    public final class Samples implements AutoCloseable {
        private final Runnable work;
        private final Runnable release;
        private final int runs;

        private Samples(Runnable work, Runnable release, int runs) {
            this.work = work;
            this.release = release;
            this.runs = runs;
        }

        /** How many runs are a sample. */
        public int runs() {
            return runs;
        }

        /** The mean time of a sample's runs. */
        public double next() {
            return between(work) / runs;
        }

        @Override
        public void close() {
            release.run();
        }
    }

    private double between(Runnable work) {
        driver.fill(flushed, (byte) 0, flushBytes, stream);
        driver.record(start, stream);
        work.run();
        driver.record(end, stream);
        driver.synchronize(end);
        driver.synchronize(stream);
        return driver.elapsedSeconds(start, end);
    }

    /** A graph, or, of what a library does not let be captured, the runs one by one: the gaps count then. */
    private Samples repeated(IntConsumer enqueue, int runs) {
        try {
            Graph graph = captured(enqueue, runs);
            Executable executable = driver.instantiate(graph);
            return new Samples(
                    () -> driver.launch(executable, stream),
                    () -> {
                        Release.of(() -> driver.destroy(executable));
                        Release.of(() -> driver.destroy(graph));
                    },
                    runs);
        } catch (CudaException | IllegalStateException refused) {
            if (Release.isSticky(refused)) {
                throw refused;
            }
            return new Samples(
                    () -> {
                        for (int i = 0; i < runs; i++) {
                            enqueue.accept(i);
                        }
                    },
                    () -> {},
                    runs);
        }
    }

    private Graph captured(IntConsumer enqueue, int runs) {
        driver.beginCapture(stream);
        try {
            for (int i = 0; i < runs; i++) {
                enqueue.accept(i);
            }
        } catch (RuntimeException refused) {
            abandonCapture();
            throw refused;
        }
        return driver.endCapture(stream);
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
        Release.of(() -> driver.free(flushed));
    }
}

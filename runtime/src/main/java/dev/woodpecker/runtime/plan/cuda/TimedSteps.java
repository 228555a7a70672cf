package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Event;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Ways to compute the same, timed in turns: several runs of each are one CUDA graph, so that what the host takes to launch
 * them is not in the times. Weights and activations are in the second-level cache if they fit there, as a small model's are.
 */
final class TimedSteps implements AutoCloseable {
    private static final int RUNS = 10;
    private static final int ROUNDS = 7;

    private final CudaDevice device;
    private final Stream stream;
    private final Event start;
    private final Event end;
    private final List<CapturedLaunches> graphs = new ArrayList<>();
    private final List<List<PlanStep>> repeated = new ArrayList<>();

    TimedSteps(CudaDevice device, Stream stream) {
        this.device = device;
        this.stream = stream;
        this.start = device.use(() -> device.driver().createEvent());
        this.end = device.use(() -> device.driver().createEvent());
    }

    /**
     * Runs a way once, which loads what is loaded on first use, and keeps it.
     *
     * @throws dev.woodpecker.runtime.vendor.cuda.VendorCallException if a library refuses; it is not among the ways then
     */
    void add(List<PlanStep> steps) {
        device.run(() -> {
            CudaDriver driver = device.driver();
            steps.forEach(step -> step.enqueue(driver, stream));
            driver.synchronize(stream);
            List<PlanStep> all = new ArrayList<>();
            for (int run = 0; run < RUNS; run++) {
                all.addAll(steps);
            }
            graphs.add(CapturedLaunches.capture(device, stream, () -> {}, all));
            repeated.add(all);
        });
    }

    /** Of one run of each way, in the order in which they were added. */
    List<Double> medianSeconds() {
        List<List<Double>> times = new ArrayList<>();
        graphs.forEach(_ -> times.add(new ArrayList<>()));
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < graphs.size(); i++) {
                times.get(i).add(seconds(i) / RUNS);
            }
        }
        return times.stream()
                .map(all -> {
                    Collections.sort(all);
                    return all.get(ROUNDS / 2);
                })
                .toList();
    }

    private double seconds(int way) {
        return device.use(() -> {
            CudaDriver driver = device.driver();
            driver.record(start, stream);
            graphs.get(way).launch(repeated.get(way), stream);
            driver.record(end, stream);
            driver.synchronize(end);
            return driver.elapsedSeconds(start, end);
        });
    }

    @Override
    public void close() {
        graphs.forEach(CapturedLaunches::free);
        device.release(driver -> driver.destroy(start));
        device.release(driver -> driver.destroy(end));
    }
}

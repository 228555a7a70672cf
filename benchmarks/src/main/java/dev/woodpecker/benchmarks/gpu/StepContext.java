package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.timing.DeviceTimer;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What a step works with in its process: the device, the carried kernels, and where results go. */
final class StepContext implements AutoCloseable {
    private static final String COMPLETE = ".complete";
    /** A candidate takes milliseconds; a library that compiles one takes seconds. */
    private static final Duration ITEM_LIMIT = Duration.ofSeconds(25);

    private final CudaDriver driver;
    private final KernelArchive archive;
    private final Path results;
    private final long deadlineNanoseconds;
    private final Stream stream;
    private final DeviceTimer timer;
    private final DeviceKernels kernels;
    private final Watchdog watchdog = Watchdog.start(ITEM_LIMIT);
    private final SharedObjectSearch search;
    private Optional<VendorTimes> vendors = Optional.empty();
    private Optional<Workload> valuesOf = Optional.empty();
    private InputValues values = new InputValues(java.util.List.of());

    /** @param limit after which nothing new is begun */
    StepContext(CudaDriver driver, KernelArchive archive, Path results, Duration limit, SharedObjectSearch search) {
        this.driver = driver;
        this.archive = archive;
        this.results = results;
        this.search = search;
        this.deadlineNanoseconds = System.nanoTime() + limit.toNanos();
        driver.makeCurrent();
        this.stream = driver.createStream();
        this.timer = new DeviceTimer(driver, stream);
        this.kernels = new DeviceKernels(driver, stream, archive);
    }

    CudaDriver driver() {
        return driver;
    }

    Stream stream() {
        return stream;
    }

    DeviceTimer timer() {
        return timer;
    }

    DeviceKernels kernels() {
        return kernels;
    }

    KernelArchive archive() {
        return archive;
    }

    Watchdog watchdog() {
        return watchdog;
    }

    /** A workload's inputs; the last asked for are kept. */
    InputValues values(Workload workload) {
        if (!valuesOf.equals(Optional.of(workload))) {
            values = InputValues.of(workload);
            valuesOf = Optional.of(workload);
        }
        return values;
    }

    /** The libraries, looked for when they are wanted first. */
    VendorTimes vendors() {
        if (vendors.isEmpty()) {
            vendors = Optional.of(new VendorTimes(driver, stream, timer, search));
        }
        return vendors.get();
    }

    StepJournal journal(String name) {
        return StepJournal.open(results, name);
    }

    boolean hasTime() {
        return System.nanoTime() - deadlineNanoseconds < 0;
    }

    /** Marks a step that has nothing left to do, so that it is not begun again. */
    void complete(String step, boolean everything) throws IOException {
        if (everything) {
            Files.writeString(completeMark(results, step), "");
        }
    }

    static Path completeMark(Path results, String step) {
        return results.resolve(step + COMPLETE);
    }

    @Override
    public void close() {
        vendors.ifPresent(VendorTimes::close);
        kernels.close();
        timer.close();
        Release.of(() -> driver.destroy(stream));
    }
}

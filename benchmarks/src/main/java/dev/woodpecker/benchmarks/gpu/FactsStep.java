package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What the device is, and how fast it copies: bytes read and bytes written both count. */
final class FactsStep {
    static final String NAME = "facts";
    private static final long COPY_BYTES = 2L << 30;

    /**
     * The machine, as everything that was measured on it is to be read with.
     *
     * @param copyGigabytesPerSecond from the device's memory to the device's memory
     * @param libraries of the vendor with their versions, and what is missing
     * @param nvcc where it is, or empty
     */
    record Row(
            DeviceFacts device,
            double copyGigabytesPerSecond,
            String libraries,
            String nvcc,
            String java,
            String kitCommit,
            String kitDate,
            String architecture,
            String date) {}

    private FactsStep() {}

    static void run(StepContext context) throws IOException {
        StepJournal journal = context.journal(NAME);
        if (!journal.isDone(NAME)) {
            KernelArchive.Contents kit = context.archive().contents();
            journal.finish(
                    NAME,
                    new Row(
                            context.driver().facts(),
                            copyRate(context),
                            context.vendors().describe(),
                            CompilerDiscovery.executable("nvcc", Environment.ofProcess())
                                    .map(java.nio.file.Path::toString)
                                    .orElse(""),
                            Runtime.version().toString(),
                            kit.commit(),
                            kit.date(),
                            kit.architecture(),
                            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
        }
        context.complete(NAME, true);
    }

    private static double copyRate(StepContext context) {
        CudaDriver driver = context.driver();
        long bytes = Math.min(COPY_BYTES, driver.memory().freeBytes() / 4);
        List<DevicePointer> buffers =
                List.of(driver.allocate(bytes, "copying from"), driver.allocate(bytes, "copying to"));
        try {
            driver.fill(buffers.get(0), (byte) 1, bytes, context.stream());
            double seconds =
                    context.timer().seconds(_ -> driver.copy(buffers.get(0), buffers.get(1), bytes, context.stream()));
            return 2e-9 * bytes / seconds;
        } finally {
            buffers.forEach(buffer -> Release.of(() -> driver.free(buffer)));
        }
    }
}

package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the device is, and how fast it copies: bytes read and bytes written both count. */
final class FactsStep {
    static final String NAME = "facts";
    private static final long COPY_BYTES = 2L << 30;
    private static final int STATE_SECONDS = 5;

    /**
     * The machine, as everything that was measured on it is to be read with.
     *
     * @param copyGigabytesPerSecond from the device's memory to the device's memory
     * @param state the driver's release, clocks, power and temperature as nvidia-smi finds them; empty where there is none
     * @param libraries of the vendor with their versions, and what is missing
     * @param nvcc where it is, or empty
     */
    record Row(
            DeviceFacts device,
            double copyGigabytesPerSecond,
            String state,
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
                            state(),
                            context.vendors().describe(),
                            CompilerDiscovery.executable("nvcc", Environment.ofProcess())
                                    .map(Path::toString)
                                    .orElse(""),
                            Runtime.version().toString(),
                            kit.commit(),
                            kit.date(),
                            kit.architecture(),
                            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
        }
        context.complete(NAME, true);
    }

    /** Asked after the copies: a device at rest has clocks that nothing is measured at. */
    private static String state() {
        Optional<Path> program = CompilerDiscovery.executable("nvidia-smi", Environment.ofProcess());
        if (program.isEmpty()) {
            return "";
        }
        try {
            Process process = new ProcessBuilder(
                            program.get().toString(),
                            "--id=0",
                            "--query-gpu=driver_version,clocks.sm,clocks.max.sm,clocks.mem,power.limit,temperature.gpu",
                            "--format=csv")
                    .redirectErrorStream(true)
                    .start();
            if (!process.waitFor(STATE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return "";
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            List<String> lines = output.lines().toList();
            return lines.size() == 2 ? named(lines.get(0), lines.get(1)) : output.strip();
        } catch (IOException refused) {
            return String.valueOf(refused.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** {@code driver_version 570.1, clocks.current.sm [MHz] 1980 MHz} of a line of names and one of values. */
    static String named(String names, String values) {
        List<String> name = List.of(names.split(", *", -1));
        List<String> value = List.of(values.split(", *", -1));
        return IntStream.range(0, Math.min(name.size(), value.size()))
                .mapToObj(i -> name.get(i).replaceAll(" *\\[.*", "") + " " + value.get(i))
                .collect(Collectors.joining(", "));
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

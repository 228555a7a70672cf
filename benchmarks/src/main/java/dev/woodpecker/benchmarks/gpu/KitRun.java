package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.CarriedCubins;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Does the steps one after another, each in a process that may fail, hang or be killed without harm to the others, and
 * writes the tables after each, so that whenever it is stopped what was found until then is there.
 *
 * @param kit the folder that was packed
 * @param results where the findings go; those of an earlier run are not found again
 */
record KitRun(Path kit, Path results) {
    static final String PEERS = "peers.py";
    private static final String LOG = "log.txt";
    private static final String NO_DEVICE = "skipped: ";
    /** From the start of all to the end, whatever happens. */
    private static final Duration TOTAL = Duration.ofSeconds(520);
    /** A process is given a little longer than it is told, to end by itself. */
    private static final int GRACE_SECONDS = 8;

    private static final int MOST_PROCESSES = 40;

    /** @return the exit code: 0 when there is something to read */
    int run() throws IOException, InterruptedException {
        Files.createDirectories(results);
        Instant end = Instant.now().plus(TOTAL);
        Optional<String> noDevice = Optional.empty();
        for (KitSteps.Step step : KitSteps.ALL) {
            Path mark = StepContext.completeMark(results, step.name());
            long left = Duration.between(Instant.now(), end).toSeconds();
            if (Files.exists(mark)) {
                say(step.name() + ": done before");
            } else if (left < 5) {
                say(step.name() + ": no time left; run again to go on");
            } else {
                int limit = (int) Math.min(left, step.limitSeconds());
                long started = System.nanoTime();
                String outcome = switch (step.kind()) {
                    case DEVICE -> noDevice.isPresent() ? noDevice.get() : onDevice(step, limit);
                    case PEERS -> peers(step, limit);
                };
                if (step.kind() == KitSteps.Kind.DEVICE && outcome.startsWith(NO_DEVICE)) {
                    noDevice = Optional.of(outcome);
                }
                say(String.format("%s: %s, %.0f s", step.name(), outcome, (System.nanoTime() - started) * 1e-9));
            }
            KitReport.write(results);
        }
        System.out.println(Files.readString(results.resolve(KitReport.FILE)));
        return 0;
    }

    /** One process after another, as long as each comes further than the one before. */
    private String onDevice(KitSteps.Step step, int limitSeconds) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        for (int i = 0; i < MOST_PROCESSES; i++) {
            long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
            if (left < 2) {
                return "stopped at its limit";
            }
            int before = progress(step);
            int code = process(
                    List.of(
                            java(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            KitMain.class.getName(),
                            "step",
                            step.name(),
                            kit.toString(),
                            results.toString(),
                            String.valueOf(left)),
                    left + GRACE_SECONDS);
            if (code == 0) {
                return Files.exists(StepContext.completeMark(results, step.name())) ? "done" : "stopped at its limit";
            }
            if (code == KitMain.EXIT_NO_DEVICE) {
                return NO_DEVICE + lastLine();
            }
            if (progress(step) == before) {
                return "failed with exit code " + code + ": " + lastLine();
            }
        }
        return "given up after " + MOST_PROCESSES + " processes";
    }

    private int progress(KitSteps.Step step) {
        int progress = 0;
        for (String journal : List.of(step.name(), step.name() + "-candidates", step.name() + "-vendors")) {
            progress += StepJournal.open(results, journal).progress();
        }
        return progress;
    }

    private String peers(KitSteps.Step step, int limitSeconds) throws IOException, InterruptedException {
        Optional<Path> python = CompilerDiscovery.executable("python3", Environment.ofProcess());
        if (python.isEmpty()) {
            return "skipped: no python3 on the PATH";
        }
        int code = process(
                List.of(
                        python.get().toString(),
                        "-u",
                        kit.resolve(PEERS).toString(),
                        step.name(),
                        kit.resolve(PackKit.WORKLOADS).toString(),
                        results.resolve(step.name() + ".jsonl").toString(),
                        String.valueOf(limitSeconds)),
                limitSeconds + GRACE_SECONDS);
        if (code == 0) {
            Files.writeString(StepContext.completeMark(results, step.name()), "");
            return "done";
        }
        return (code == 3 ? "skipped: " : "failed with exit code " + code + ": ") + lastLine();
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElse("java");
    }

    /** @return the exit code; that of the watchdog for one that had to be killed */
    private int process(List<String> command, long limitSeconds) throws IOException, InterruptedException {
        Path log = results.resolve(LOG);
        Files.writeString(
                log,
                "\n== " + Instant.now() + " " + String.join(" ", command.subList(command.size() - 5, command.size()))
                        + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log.toFile()))
                .redirectInput(Redirect.from(new java.io.File("/dev/null")));
        Path cubins = kit.resolve(ModelArchive.CUBINS);
        if (Files.exists(cubins)) {
            builder.environment().put(CarriedCubins.VARIABLE, cubins.toString());
        }
        Process process = builder.start();
        if (process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
            return process.exitValue();
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
        return Watchdog.EXIT_CODE;
    }

    private String lastLine() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(results.resolve(LOG)));
        lines.removeIf(String::isBlank);
        return lines.isEmpty() ? "" : lines.getLast();
    }

    private static void say(String text) {
        System.out.println(text);
        System.out.flush();
    }
}

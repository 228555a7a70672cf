package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.runtime.device.cuda.CarriedCubins;
import dev.woodpecker.runtime.toolchain.CarriedLibraries;
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
import java.util.stream.Stream;

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
    /** Before what is ours in the log; all else is the processes'. */
    private static final String MARK = "== ";

    private static final String SKIPPED = "skipped: ";
    private static final String AT_ITS_LIMIT = "stopped at its limit";
    /** Starting a process and opening the device takes two. */
    private static final int LEAST_SECONDS = 5;

    private static final int LEAST_SHARE_SECONDS = 20;
    /** From the start of all to the end, whatever happens. */
    private static final Duration TOTAL = Duration.ofSeconds(520);
    /** A process is given a little longer than it is told, to end by itself. */
    private static final int GRACE_SECONDS = 8;

    private static final int MOST_PROCESSES = 40;
    /** Of a process that did not end by itself. */
    private static final int EXIT_KILLED = -1;
    /** As peers.py ends: without PyTorch or a device, and before everything was done. */
    private static final int PEERS_MISSING = 3;

    private static final int PEERS_OUT_OF_TIME = 4;

    /** @return the exit code: 0 when there is something to read */
    int run() throws IOException, InterruptedException {
        Files.createDirectories(results);
        Instant end = Instant.now().plus(TOTAL);
        Optional<String> noDevice = Optional.empty();
        List<KitSteps.Step> unfinished = new ArrayList<>();
        for (KitSteps.Step step : KitSteps.ALL) {
            if (Files.exists(StepContext.completeMark(results, step.name()))) {
                say(step.name() + ": done before");
                KitReport.write(results);
            } else if (secondsTo(end) < LEAST_SECONDS) {
                tell(step, "no time left; run again to go on", 0);
            } else if (step.kind() != KitSteps.Kind.PEERS && noDevice.isPresent()) {
                tell(step, noDevice.get(), 0);
            } else {
                String outcome = reported(step, (int) Math.min(secondsTo(end), step.limitSeconds()));
                if (step.kind() != KitSteps.Kind.PEERS && outcome.startsWith(SKIPPED)) {
                    noDevice = Optional.of(outcome);
                }
                if (outcome.equals(AT_ITS_LIMIT)) {
                    unfinished.add(step);
                }
            }
        }
        useTheRest(unfinished, end);
        System.out.println(Files.readString(results.resolve(KitReport.FILE)));
        return 0;
    }

    /** What others did not need, and what a run has that goes on where another stopped. */
    private void useTheRest(List<KitSteps.Step> unfinished, Instant end) throws IOException, InterruptedException {
        for (int i = 0; i < unfinished.size(); i++) {
            long share = secondsTo(end) / (unfinished.size() - i);
            if (share >= LEAST_SHARE_SECONDS) {
                reported(unfinished.get(i), (int) share);
            }
        }
    }

    private static long secondsTo(Instant end) {
        return Duration.between(Instant.now(), end).toSeconds();
    }

    private String reported(KitSteps.Step step, int limitSeconds) throws IOException, InterruptedException {
        long started = System.nanoTime();
        String outcome = step.kind() == KitSteps.Kind.PEERS ? peers(step, limitSeconds) : onDevice(step, limitSeconds);
        tell(step, outcome, (System.nanoTime() - started) * 1e-9);
        return outcome;
    }

    private void tell(KitSteps.Step step, String outcome, double seconds) throws IOException {
        say(String.format("%s: %s, %.0f s", step.name(), outcome, seconds));
        new StepOutcome(step.name(), outcome, seconds).write(results);
        KitReport.write(results);
    }

    /** One process after another, as long as each comes further than the one before. */
    private String onDevice(KitSteps.Step step, int limitSeconds) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        for (int i = 0; i < MOST_PROCESSES; i++) {
            long left = TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime());
            if (left < 2) {
                return AT_ITS_LIMIT;
            }
            int before = progress(step);
            int code = process(
                    step,
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
                return Files.exists(StepContext.completeMark(results, step.name())) ? "done" : AT_ITS_LIMIT;
            }
            if (code == KitMain.EXIT_NO_DEVICE) {
                return SKIPPED + lastLine();
            }
            if (code == EXIT_KILLED) {
                return AT_ITS_LIMIT;
            }
            if (progress(step) == before) {
                return "failed with exit code " + code + ": " + lastLine();
            }
        }
        return "given up after " + MOST_PROCESSES + " processes";
    }

    private int progress(KitSteps.Step step) {
        return journals(step).stream().mapToInt(StepJournal::progress).sum();
    }

    private List<StepJournal> journals(KitSteps.Step step) {
        return Stream.of("", "-candidates", "-vendors")
                .map(part -> StepJournal.open(results, step.name() + part))
                .toList();
    }

    private String peers(KitSteps.Step step, int limitSeconds) throws IOException, InterruptedException {
        Optional<Path> python = CompilerDiscovery.executable("python3", Environment.ofProcess());
        if (python.isEmpty()) {
            return SKIPPED + "no python3 on the PATH";
        }
        int code = process(
                step,
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
        return switch (code) {
            case PEERS_MISSING -> SKIPPED + lastLine();
            case PEERS_OUT_OF_TIME, EXIT_KILLED -> AT_ITS_LIMIT;
            default -> "failed with exit code " + code + ": " + lastLine();
        };
    }

    private static String java() {
        return ProcessHandle.current().info().command().orElse("java");
    }

    /** @return the exit code; what one that had to be killed had begun is not held against it */
    private int process(KitSteps.Step step, List<String> command, long limitSeconds)
            throws IOException, InterruptedException {
        Path log = results.resolve(LOG);
        note("\n" + MARK + Instant.now() + " " + String.join(" ", command.subList(command.size() - 5, command.size())));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log.toFile()))
                .redirectInput(Redirect.from(new java.io.File("/dev/null")));
        carry(builder, CarriedCubins.VARIABLE, ModelArchive.CUBINS);
        carry(builder, CarriedLibraries.VARIABLE, ModelArchive.LIBRARIES);
        Process process = builder.start();
        if (process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
            note(MARK + Instant.now() + " exit code " + process.exitValue());
            return process.exitValue();
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
        journals(step).forEach(StepJournal::stopAll);
        note(MARK + Instant.now() + " killed: it did not end within " + limitSeconds + " s");
        return EXIT_KILLED;
    }

    private void note(String line) throws IOException {
        Files.writeString(results.resolve(LOG), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void carry(ProcessBuilder builder, String variable, String name) {
        Path file = kit.resolve(name);
        if (Files.exists(file)) {
            builder.environment().put(variable, file.toString());
        }
    }

    private String lastLine() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(results.resolve(LOG)));
        lines.removeIf(line -> line.isBlank() || line.startsWith(MARK));
        return lines.isEmpty() ? "" : lines.getLast();
    }

    private static void say(String text) {
        System.out.println(text);
        System.out.flush();
    }
}

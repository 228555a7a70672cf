package dev.woodpecker.tuner.measure;

import dev.woodpecker.tuner.measure.Job.Verdict;
import dev.woodpecker.tuner.measure.Wire.Message;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A worker as seen from the measurer: asked, watched, and killed when it does not answer or takes too much memory. */
final class WorkerProcess implements AutoCloseable {
    /** How a job ended. */
    sealed interface Reply {
        record Done(List<Verdict> verdicts) implements Reply {
            public Done {
                verdicts = List.copyOf(verdicts);
            }
        }

        /** The worker is gone; what it ran then, if generated code ran. */
        record Lost(Optional<Integer> candidate, Cause cause, String how) implements Reply {}
    }

    /** Why a worker is gone. */
    enum Cause {
        /** By what it did itself. */
        CRASH,
        /** By a signal that nobody can do to himself by mistake: somebody killed it, or the system, short of memory. */
        KILLED,
        /** It was killed here, since it ran too long. */
        TOO_LONG,
        /** It was killed here, since it took too much memory. */
        TOO_LARGE
    }

    /** What a worker says, or that it says no more. */
    private sealed interface Event {
        record Said(Message message) implements Event {}

        record Silent() implements Event {}
    }

    /**
     * What a worker runs.
     *
     * @param device that it is told to open; empty for the processor
     * @param heapMegabytes of its Java; buffers are not in it
     */
    record Program(Class<?> main, Optional<String> device, int heapMegabytes) {
        static final Program ON_PROCESSOR = new Program(WorkerMain.class, Optional.empty(), 192);

        /** @param device as {@code --target} names it */
        static Program on(String device) {
            return new Program(DeviceWorkerMain.class, Optional.of(device), 512);
        }
    }

    private static final int SIGKILL_STATUS = 128 + 9;
    private static final int SIGTERM_STATUS = 128 + 15;
    /** The virtual machine catches this signal and prints what happened, unless it has no stack left to do so. */
    private static final int SIGSEGV_STATUS = 128 + 11;

    private static final long WATCH_MILLISECONDS = 20;
    /** How long the worker's own part of a job may last: making inputs, comparing outputs. */
    private static final double OWN_SECONDS = 60;

    /** What it prints of an exception that nobody caught. */
    private static final Pattern THROWN = Pattern.compile("Exception in thread \"\\w+\" [\\w.$]+: (.*)");

    /** In what the virtual machine prints when it dies. */
    private static final Pattern SIGNAL = Pattern.compile("(SIG[A-Z]+) \\(0x");

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s*(\\d+) kB");

    private final Process process;
    private final DataOutputStream jobs;
    private final Path errorFile;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

    private WorkerProcess(Process process, Path errorFile) {
        this.process = process;
        this.errorFile = errorFile;
        this.jobs = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        Thread.ofPlatform().daemon().name("worker-answers").start(this::listen);
    }

    /** Starts one; what it prints goes to a file in {@code directory}. */
    static WorkerProcess start(Path directory, Program program) {
        Path errors = directory.resolve("worker.err");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                absoluteClassPath(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xms16m",
                "-Xmx" + program.heapMegabytes() + "m",
                "-XX:+UseSerialGC",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                "-XX:-UsePerfData",
                program.main().getName()));
        program.device().ifPresent(command::add);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(directory.toFile());
        builder.redirectError(errors.toFile());
        try {
            return new WorkerProcess(builder.start(), errors);
        } catch (IOException e) {
            throw new UncheckedIOException("a worker process cannot be started: " + builder.command(), e);
        }
    }

    private static String absoluteClassPath() {
        StringBuilder path = new StringBuilder();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            path.append(path.isEmpty() ? "" : File.pathSeparator)
                    .append(Path.of(entry).toAbsolutePath());
        }
        return path.toString();
    }

    private void listen() {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(process.getInputStream()))) {
            while (true) {
                events.add(new Event.Said(Wire.message(in)));
            }
        } catch (IOException end) {
            events.add(new Event.Silent());
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Has a job done; a worker that is lost stays so. */
    Reply ask(Job job, double runSeconds, long memoryBytes) {
        try {
            Wire.send(job, jobs);
        } catch (IOException e) {
            return lost(Optional.empty());
        }
        Optional<Integer> running = Optional.empty();
        long since = System.nanoTime();
        try {
            while (true) {
                Event event = events.poll(WATCH_MILLISECONDS, TimeUnit.MILLISECONDS);
                if (event instanceof Event.Silent) {
                    return lost(running);
                }
                if (event instanceof Event.Said(Message message)) {
                    since = System.nanoTime();
                    switch (message) {
                        case Message.Running(int candidate) -> running = Optional.of(candidate);
                        case Message.Returned _ -> running = Optional.empty();
                        case Message.Done(List<Verdict> verdicts) -> {
                            return new Reply.Done(verdicts);
                        }
                    }
                    continue;
                }
                double limit = running.isPresent() ? runSeconds : OWN_SECONDS;
                if ((System.nanoTime() - since) * 1e-9 > limit) {
                    kill();
                    return new Reply.Lost(running, Cause.TOO_LONG, "it ran longer than %.1f s".formatted(limit));
                }
                long resident = residentBytes();
                if (resident > memoryBytes) {
                    kill();
                    return new Reply.Lost(
                            running,
                            Cause.TOO_LARGE,
                            "the process took %d MB, allowed are %d MB".formatted(resident >> 20, memoryBytes >> 20));
                }
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
            return new Reply.Lost(Optional.empty(), Cause.KILLED, "measuring was interrupted");
        }
    }

    private Reply.Lost lost(Optional<Integer> running) {
        int status;
        try {
            // A virtual machine takes a moment to die.
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                kill();
            }
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            status = SIGKILL_STATUS;
        }
        if (status == SIGKILL_STATUS || status == SIGTERM_STATUS) {
            return new Reply.Lost(running, Cause.KILLED, "the process was killed by signal " + (status - 128));
        }
        return new Reply.Lost(running, Cause.CRASH, describe(status));
    }

    private String describe(int status) {
        String printed = printed();
        Matcher signal = SIGNAL.matcher(printed);
        if (status == SIGSEGV_STATUS || printed.contains("stack overflow")) {
            return "the process died of SIGSEGV, by a stack overflow";
        }
        if (signal.find()) {
            return "the process died of " + signal.group(1);
        }
        Matcher thrown = THROWN.matcher(printed);
        if (thrown.find()) {
            return "the process ended: " + thrown.group(1);
        }
        return status > 128
                ? "the process died of signal " + (status - 128)
                : "the process ended with status " + status + ": "
                        + printed.lines().limit(3).toList();
    }

    private String printed() {
        try {
            return new String(Files.readAllBytes(errorFile), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** Memory of the process that is not shared out to files or swapped; 0 where the system does not tell. */
    private long residentBytes() {
        try {
            String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
            Matcher resident = RESIDENT.matcher(status);
            return resident.find() ? Long.parseLong(resident.group(1)) << 10 : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.woodpecker.cli.fuzz;

import dev.woodpecker.cli.bench.JavaProcess;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link FuzzWorker} seen from outside: one that crashed or hangs is replaced by another. */
final class FuzzProcess implements AutoCloseable {
    /** What a damaged file of some kilobytes may make anyone allocate. */
    private static final List<String> LIMITS = List.of("-Xmx512m", "-XX:MaxDirectMemorySize=256m");

    private final Path folder;
    private Optional<Running> running = Optional.empty();

    /**
     * @param folder for what the process says, and native libraries that it unpacks
     */
    FuzzProcess(Path folder) {
        this.folder = folder;
    }

    private record Running(Process process, BufferedWriter questions, BlockingQueue<Optional<String>> answers) {
        void read() {
            try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    answers.add(Optional.of(line));
                }
            } catch (IOException ended) {
                // The end is told below.
            }
            answers.add(Optional.empty());
        }
    }

    /** The answer, which begins with ok or bad; a crash is bad, and so is none for as long as {@code patience}. */
    String ask(String question, Duration patience) {
        Running asked = running.orElseGet(this::start);
        running = Optional.of(asked);
        try {
            asked.questions().write(question);
            asked.questions().newLine();
            asked.questions().flush();
            Optional<Optional<String>> answer =
                    Optional.ofNullable(asked.answers().poll(patience.toSeconds(), TimeUnit.SECONDS));
            if (answer.isEmpty()) {
                close();
                return "bad no answer within " + patience.toSeconds() + " s";
            }
            return answer.get().orElseGet(() -> "bad " + ending(asked.process()));
        } catch (IOException ended) {
            return "bad " + ending(asked.process());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private String ending(Process process) {
        close();
        return "the process ended with exit code " + process.exitValue();
    }

    private Running start() {
        List<String> options = new ArrayList<>(LIMITS);
        options.add("-Djava.io.tmpdir=" + folder);
        options.add("-XX:ErrorFile=" + folder.resolve("crash-%p.log"));
        try {
            Process process = JavaProcess.of(FuzzWorker.class.getName(), options, List.of())
                    .redirectError(folder.resolve("worker.log").toFile())
                    .start();
            Running started =
                    new Running(process, process.outputWriter(StandardCharsets.UTF_8), new LinkedBlockingQueue<>());
            // No virtual thread: while it waits for a pipe it holds one of as many carriers as there are cores.
            Thread.ofPlatform().daemon().name("answers of a worker").start(started::read);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("no process can be started: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        running.ifPresent(ended -> {
            ended.process().destroyForcibly();
            try {
                ended.process().waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        running = Optional.empty();
    }
}

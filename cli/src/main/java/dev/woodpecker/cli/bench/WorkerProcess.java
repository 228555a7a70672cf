package dev.woodpecker.cli.bench;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.NpyFile;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A {@link BenchWorker} seen from outside. It runs only while it owes an answer and is stopped else, so that of all workers
 * at most one takes the machine's time.
 */
final class WorkerProcess implements AutoCloseable {
    /** The longest answer is the first, when a model's kernels are compiled or a strict one is run for the first time. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final String END = "";

    private final Process process;
    private final BufferedWriter questions;
    private final BlockingQueue<String> answers = new ArrayBlockingQueue<>(16);
    private final Path log;
    private final double loadSeconds;
    private final String description;

    /** Starts a worker and waits until it has run its model once. */
    WorkerProcess(WorkerSettings settings, List<String> jvmOptions, Path folder) {
        try {
            this.log = Files.createTempFile(folder, "worker", ".log");
            // ONNX Runtime unpacks its library there, and a process that is killed removes nothing.
            List<String> options = new ArrayList<>(jvmOptions);
            options.add("-Djava.io.tmpdir=" + Files.createTempDirectory(folder, "native"));
            this.process = JavaProcess.of(BenchWorker.class.getName(), options, List.of(settings.toJson()))
                    .redirectError(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("no process can be started: " + e.getMessage(), e);
        }
        this.questions = process.outputWriter(StandardCharsets.UTF_8);
        // No virtual thread: while it waits for a pipe it holds one of as many carriers as there are cores.
        Thread.ofPlatform().daemon().name("answers of a worker").start(this::readAnswers);
        try {
            String[] ready = awaited("ready").split(" ", 2);
            this.loadSeconds = Double.parseDouble(ready[0]);
            this.description = ready[1];
        } catch (WorkerException e) {
            close();
            throw e;
        }
    }

    private void readAnswers() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                answers.put(line);
            }
            answers.put(END);
        } catch (IOException | InterruptedException ended) {
            answers.offer(END);
        }
    }

    /** From the beginning of loading to the first output. */
    double loadSeconds() {
        return loadSeconds;
    }

    /** What the system was asked for. */
    String description() {
        return description;
    }

    /** Runs for some time without counting; how long a run takes. */
    double warm(double seconds) {
        return Double.parseDouble(ask("warm", Double.toString(seconds)));
    }

    /** The times of {@code runs} runs, after one that is not counted. */
    double[] block(int runs) {
        return Arrays.stream(ask("block", Integer.toString(runs)).split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    ProcessMemory memory() {
        return ProcessMemory.parse(ask("memory", ""));
    }

    Map<String, NdArray> outputs(Path folder) {
        Map<String, NdArray> outputs = new LinkedHashMap<>();
        try {
            Path written = Files.createTempDirectory(folder, "outputs");
            String names = ask("outputs", written.toString());
            for (String name : names.split("\t")) {
                outputs.put(name, NpyFile.read(written.resolve(outputs.size() + ".npy")));
            }
            return outputs;
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for a worker's outputs: " + e.getMessage(), e);
        }
    }

    private String ask(String word, String detail) {
        Signals.resume(process.pid());
        try {
            questions.write(word + " " + detail);
            questions.newLine();
            questions.flush();
        } catch (IOException ended) {
            throw new WorkerException("the process has ended: " + lastWords(), ended);
        }
        return awaited(word);
    }

    private String awaited(String word) {
        String answer;
        try {
            answer = Optional.ofNullable(answers.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                    .orElseThrow(() -> new WorkerException("no answer within " + PATIENCE.toMinutes() + " minutes"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorkerException("interrupted", e);
        }
        if (answer.equals(END)) {
            throw new WorkerException("the process has ended: " + lastWords());
        }
        if (answer.startsWith("failed ")) {
            throw new WorkerException(answer.substring("failed ".length()));
        }
        if (!answer.startsWith(word + " ")) {
            throw new WorkerException("'" + answer + "' is no answer to '" + word + "'");
        }
        Signals.stop(process.pid());
        return answer.substring(word.length() + 1);
    }

    private String lastWords() {
        try {
            process.waitFor(1, TimeUnit.SECONDS);
            List<String> lines = Files.readAllLines(log);
            String ending = process.isAlive() ? "" : "exit code " + process.exitValue() + "; ";
            return ending + (lines.isEmpty() ? "it said nothing" : lines.getLast());
        } catch (IOException e) {
            return "its log cannot be read";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

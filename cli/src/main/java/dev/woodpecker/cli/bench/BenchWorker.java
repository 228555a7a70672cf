package dev.woodpecker.cli.bench;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.NpyFile;
import dev.woodpecker.runtime.timing.Distribution;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The process that one system runs in. It is asked by lines on its standard input and answers each with one line:
 *
 * <pre>
 * (start)         ready SECONDS DESCRIPTION     from loading to the first output
 * warm SECONDS    warm SECONDS                  runs for that long; how long one takes
 * block RUNS      block SECONDS SECONDS ...     times that many runs, after one that is not counted
 * outputs FOLDER  outputs NAME (tab) NAME ...   written as 0.npy, 1.npy, ...
 * memory          memory BYTES BYTES            the most that it ever had resident, and what it has now
 * (any)           failed REASON                 and ends
 * </pre>
 */
public final class BenchWorker {
    private final TimedSystem system;

    private BenchWorker(TimedSystem system) {
        this.system = system;
    }

    /** Not to be called by hand: {@link WorkerProcess} does. */
    public static void main(String[] args) throws IOException {
        Signals.endWithParent();
        // Answers alone go to the standard output; whatever else is printed is not taken for one.
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        try {
            serve(WorkerSettings.fromJson(args[0]), answers);
        } catch (RuntimeException | LinkageError | OutOfMemoryError failure) {
            failure.printStackTrace();
            answers.println("failed " + oneLine(failure));
            System.exit(1);
        }
    }

    private static void serve(WorkerSettings settings, PrintStream answers) throws IOException {
        Map<String, NdArray> inputs = new LinkedHashMap<>();
        settings.inputs().forEach((name, file) -> inputs.put(name, NpyFile.read(Path.of(file))));
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        long start = System.nanoTime();
        try (TimedSystem system = TimedSystem.load(settings, inputs)) {
            answers.println("ready " + (System.nanoTime() - start) * 1e-9 + " " + system.description());
            BenchWorker worker = new BenchWorker(system);
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                answers.println(worker.answer(line));
            }
        }
    }

    private String answer(String question) {
        String[] words = question.split(" ", 2);
        return words[0] + " "
                + switch (words[0]) {
                    case "warm" -> warm(Double.parseDouble(words[1]));
                    case "block" -> block(Integer.parseInt(words[1]));
                    case "outputs" -> outputs(Path.of(words[1]));
                    case "memory" ->
                        ProcessMemory.of(ProcessHandle.current().pid()).text();
                    default -> throw new IllegalArgumentException("no answer to '" + question + "'");
                };
    }

    private double warm(double seconds) {
        List<Double> times = new ArrayList<>();
        long until = System.nanoTime() + (long) (seconds * 1e9);
        do {
            times.add(timed());
        } while (System.nanoTime() < until);
        // Java is compiled while it runs: the later half is nearer to what follows.
        return Distribution.of(times.subList(times.size() / 2, times.size()).stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray())
                .median();
    }

    private String block(int runs) {
        system.run();
        double[] seconds = new double[runs];
        for (int run = 0; run < runs; run++) {
            seconds[run] = timed();
        }
        return Arrays.stream(seconds).mapToObj(Double::toString).collect(Collectors.joining(" "));
    }

    private double timed() {
        long start = System.nanoTime();
        system.run();
        return (System.nanoTime() - start) * 1e-9;
    }

    private String outputs(Path folder) {
        List<String> names = new ArrayList<>();
        system.outputs().forEach((name, array) -> {
            NpyFile.write(folder.resolve(names.size() + ".npy"), array);
            names.add(name);
        });
        return String.join("\t", names);
    }

    private static String oneLine(Throwable failure) {
        String message = failure.getMessage();
        return (message == null ? failure.toString() : message).strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}

package dev.woodpecker.cli.bench;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.gson.Gson;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.dsl.Kernel;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.NpyFile;
import dev.woodpecker.runtime.Options;
import dev.woodpecker.runtime.PlanBuild;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Times whole programs, from the start of a JVM to the first output, in turns: a plan file in Woodpecker, and the model that
 * ONNX Runtime optimised and saved, in its Java binding. Each has the jars alone that it needs on its class path.
 */
public final class StartUp {
    private static final Duration SETTLING = Duration.ofSeconds(3);

    private final int threads;
    private final int starts;
    private final boolean aotCache;
    private final Path folder;

    /**
     * @param starts of each program
     * @param aotCache whether both JVMs take their classes from a cache made ahead of time (JEP 514)
     */
    public StartUp(int threads, int starts, boolean aotCache, Path folder) {
        this.threads = threads;
        this.starts = starts;
        this.aotCache = aotCache;
        this.folder = folder;
    }

    /**
     * Medians with their intervals.
     *
     * @param ours seconds from a plan file
     * @param theirs seconds of ONNX Runtime from its own model
     * @param speed how many times as fast the plan file is
     */
    public record Result(Ratio ours, Ratio theirs, Ratio speed) {}

    /** A program's way to its first output. */
    private record Program(Class<?> main, String classPath, List<String> jvmOptions, List<String> arguments) {}

    /**
     * @throws WorkerException if a program fails, or both differ in the greatest output
     */
    public Result time(BenchModel model) {
        PreparedModel prepared = PreparedModel.of(model, Map.of(), folder);
        if (prepared.inputs().size() != 1) {
            throw new WorkerException(
                    model.name() + " has not one input but " + prepared.inputs().size());
        }
        Map.Entry<String, String> entry =
                prepared.inputs().entrySet().iterator().next();
        NdArray input = NpyFile.read(Path.of(entry.getValue()));
        if (input.type() != DType.F32) {
            throw new WorkerException(model.name() + " takes " + input.type().text() + " where f32 is compared");
        }
        String shape = Arrays.stream(input.shape()).mapToObj(Integer::toString).collect(Collectors.joining("x"));
        Path floats = folder.resolve(model.name() + ".floats");
        Path plan = folder.resolve(model.name() + ".wpk");
        Path optimised = folder.resolve(model.name() + ".optimised.onnx");
        String digest;
        try {
            Files.write(floats, input.memory().toArray(ValueLayout.JAVA_BYTE));
            digest = PlanBuild.of(model.file(), Options.defaults().withThreads(threads))
                    .write(plan)
                    .digest();
            OnnxRuntimeFirstOutput.optimise(model.file().toString(), threads, optimised.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + folder + ": " + e.getMessage(), e);
        } catch (OrtException e) {
            throw new WorkerException("ONNX Runtime: " + e.getMessage(), e);
        }
        String count = Integer.toString(threads);
        Program ours = prepared(new Program(
                PlanFirstOutput.class,
                classPath(Kernel.class, DType.class, NdArray.class, Gson.class),
                List.of(),
                List.of(plan.toString(), digest, count, entry.getKey(), shape, floats.toString())));
        Program theirs = prepared(new Program(
                OnnxRuntimeFirstOutput.class,
                classPath(OrtEnvironment.class),
                List.of(),
                List.of(optimised.toString(), "-", count, entry.getKey(), shape, floats.toString())));
        return inTurns(model.name(), ours, theirs);
    }

    private Result inTurns(String name, Program ours, Program theirs) {
        List<Program> programs = List.of(ours, theirs);
        settle();
        double[][] seconds = new double[programs.size()][starts];
        Set<String> answers = new LinkedHashSet<>();
        // Files are in the system's memory afterwards, for both.
        programs.forEach(program -> start(program, answers));
        for (int start = 0; start < starts; start++) {
            for (int i = 0; i < programs.size(); i++) {
                int turn = start % 2 == 0 ? i : programs.size() - 1 - i;
                seconds[turn][start] = start(programs.get(turn), answers);
            }
        }
        if (answers.size() > 1) {
            throw new WorkerException(name + ": the first outputs differ: " + answers);
        }
        return new Result(Ratio.ofMedian(seconds[0]), Ratio.ofMedian(seconds[1]), Ratio.of(seconds[1], seconds[0]));
    }

    /** A plan file that was written a moment ago is hashed at each start, until its time can be told from a change's. */
    private static void settle() {
        try {
            Thread.sleep(SETTLING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorkerException("interrupted", e);
        }
    }

    private double start(Program program, Set<String> answers) {
        Path log = folder.resolve("start.log");
        ProcessBuilder builder =
                JavaProcess.of(program.main().getName(), options(program.jvmOptions()), program.arguments());
        builder.environment().put("CLASSPATH", program.classPath());
        builder.redirectError(log.toFile());
        long begin = System.nanoTime();
        Optional<Process> started = Optional.empty();
        try {
            Process process = builder.start();
            started = Optional.of(process);
            try (var reader = process.inputReader()) {
                String line = reader.readLine();
                double seconds = (System.nanoTime() - begin) * 1e-9;
                if (line == null || !line.startsWith("output ")) {
                    throw new WorkerException(program.main().getSimpleName() + " gave no output: "
                            + Objects.requireNonNullElse(line, "") + Files.readString(log));
                }
                answers.add(line);
                process.waitFor();
                return seconds;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("no process can be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorkerException("interrupted", e);
        } finally {
            started.ifPresent(Process::destroyForcibly);
        }
    }

    private List<String> options(List<String> more) {
        List<String> options = new ArrayList<>(more);
        options.add("-Djava.io.tmpdir=" + folder);
        return options;
    }

    /** With a cache of the classes that the program loads, if such are to be compared: a run of it makes the cache. */
    private Program prepared(Program program) {
        if (!aotCache) {
            return program;
        }
        Path cache = folder.resolve(program.main().getSimpleName() + ".aot");
        start(
                new Program(
                        program.main(),
                        program.classPath(),
                        List.of("-XX:AOTCacheOutput=" + cache),
                        program.arguments()),
                new LinkedHashSet<>());
        return new Program(program.main(), program.classPath(), List.of("-XX:AOTCache=" + cache), program.arguments());
    }

    /** The jars or folders that these classes and this program are in. */
    private static String classPath(Class<?>... needed) {
        Set<String> places = new LinkedHashSet<>();
        places.add(place(StartUp.class));
        for (Class<?> type : needed) {
            places.add(place(type));
        }
        return String.join(File.pathSeparator, places);
    }

    private static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}

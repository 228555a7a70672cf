package dev.woodpecker.tuner.report;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.TraceJava;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes winners as sources for people: each with a comment that says what it is, how it was scheduled, and how fast it was.
 *
 * @param compiler what they were compiled with, one line
 */
public record Emission(Path directory, String compiler) {
    /** File systems allow 255. */
    private static final int LONGEST_NAME = 120;

    /**
     * Writes a point of a task.
     *
     * @param figures what is known about its speed, a line each
     * @return the file
     * @throws IOException if it cannot be written
     */
    public Path write(TuningTask task, Point point, List<String> figures) throws IOException {
        if (!(point.result() instanceof SpacePoint.Scheduled scheduled)) {
            throw new IllegalArgumentException("no schedule: " + point.result());
        }
        KernelSource source =
                KernelSource.of(point.variant().program(), scheduled.trace(), task.target(), task.numerics());
        Files.createDirectories(directory);
        String suffix = task.target().isCuda() ? ".cu" : ".c";
        Path file = directory.resolve(fileName(task) + suffix);
        return Files.writeString(file, header(task, point, scheduled.trace(), figures) + source.text());
    }

    private static String fileName(TuningTask task) {
        String plain = task.name().replaceAll("[^A-Za-z0-9.]+", "_").replaceAll("^_+|_+$", "");
        if (plain.length() <= LONGEST_NAME) {
            return plain;
        }
        return plain.substring(0, LONGEST_NAME - 9) + "_"
                + Integer.toHexString(task.name().hashCode());
    }

    private String header(TuningTask task, Point point, Trace trace, List<String> figures) {
        TraceJava java = TraceJava.of(trace);
        List<String> lines = new ArrayList<>();
        lines.add(task.name());
        lines.add("variant " + point.variant().name() + ", for " + task.target().name() + ", numerics "
                + task.numerics().text());
        lines.add("compiler: " + compiler);
        lines.addAll(figures);
        lines.add("");
        lines.add("trace: " + TraceJson.print(trace));
        lines.add("");
        lines.addAll(java.imports().stream().map(name -> "import " + name + ";").toList());
        lines.addAll(java.expression().lines().toList());
        return lines.stream()
                .map(line -> line.endsWith("\\") ? line + "." : line)
                .map(line -> "// " + line)
                .map(String::stripTrailing)
                .collect(Collectors.joining("\n", "", "\n\n"));
    }

    /** {@code 1.234 ms, 98.7 GFLOP/s}. */
    public static String speed(TuningTask task, double seconds) {
        return String.format(
                Locale.ROOT,
                "measured: %s, %.1f GFLOP/s",
                Rates.time(seconds),
                Rates.gigaflopsPerSecond(task, seconds));
    }
}

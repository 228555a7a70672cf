package dev.woodpecker.tuner.report;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TuningResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The result of a run for people: a line for each task, and the model's sums. */
public record ResultTable(Rates rates) {
    private static final String FORMAT = " %4s %11s %11s %6s %8s %7s  %-10s %6s %6s  %s%n";

    public void print(TuningResult result, PrintWriter out) {
        int width = result.tasks().stream()
                .mapToInt(task -> task.task().name().length())
                .max()
                .orElse(1);
        String format = "%-" + Math.max(4, width) + "s" + FORMAT;
        out.printf(
                format, "task", "runs", "default", "best", "gain", "GFLOP/s", "of peak", "variant", "trials", "failed",
                "");
        result.tasks().forEach(task -> print(task, format, out));
        double standard = result.standardSeconds();
        double best = result.bestSeconds();
        if (best > 0) {
            double flops = result.tasks().stream()
                    .filter(task -> task.best().isPresent())
                    .mapToDouble(task -> task.task().weight() * Rates.flops(task.task()))
                    .sum();
            out.printf(
                    format,
                    "all",
                    "",
                    Rates.time(standard),
                    Rates.time(best),
                    String.format(Locale.ROOT, "%.2f", standard / best),
                    String.format(Locale.ROOT, "%.1f", flops / best * 1e-9),
                    String.format(Locale.ROOT, "%.1f %%", 100 * flops / best * 1e-9 / rates.peakGigaflopsPerSecond()),
                    "",
                    result.tasks().stream().mapToInt(TaskStatus::trials).sum(),
                    result.tasks().stream().mapToInt(TaskStatus::failed).sum(),
                    "");
        }
        out.printf(
                Locale.ROOT,
                "measured on %s%n%s: %.1f GFLOP/s; %.1f s used, %s%n",
                rates.machine(),
                rates.peak(),
                rates.peakGigaflopsPerSecond(),
                result.secondsUsed(),
                result.ending().text());
        if (result.unkept() > 0) {
            out.printf(
                    "%d outcomes could not be written to the records: they are lost when this program ends%n",
                    result.unkept());
        }
    }

    private void print(TaskStatus task, String format, PrintWriter out) {
        Optional<Double> best = task.best().map(b -> b.seconds().median());
        out.printf(
                format,
                task.task().name(),
                String.format(Locale.ROOT, "%.0f", task.task().weight()),
                task.standard().map(Distribution::median).map(Rates::time).orElse("-"),
                best.map(Rates::time).orElse("-"),
                best.isPresent() ? String.format(Locale.ROOT, "%.2f", task.gain()) : "-",
                best.map(s -> String.format(Locale.ROOT, "%.1f", Rates.gigaflopsPerSecond(task.task(), s)))
                        .orElse("-"),
                best.map(s -> String.format(Locale.ROOT, "%.1f %%", rates.percentOfPeak(task.task(), s)))
                        .orElse("-"),
                task.best().map(b -> b.point().variant().name()).orElse("-"),
                task.trials(),
                task.failed(),
                notes(task));
    }

    private static String notes(TaskStatus task) {
        String failures = task.failures().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        boolean untouched = task.best().isEmpty() && task.trials() == 0 && failures.isEmpty();
        String standing =
                untouched ? "no time was left for it" : task.standing().text();
        return failures.isEmpty() ? standing : standing + "; " + failures;
    }
}

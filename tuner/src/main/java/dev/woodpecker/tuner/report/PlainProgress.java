package dev.woodpecker.tuner.report;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.run.Progress;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TuningStatus;
import dev.woodpecker.tuner.run.TuningStatus.Phase;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A line for each thing that happens, for pipes and files: a default that is timed, a task that got faster. */
public final class PlainProgress implements Progress {
    /** A task that gets faster by less is not worth a line. */
    private static final double NEWS = 0.99;

    private final PrintWriter out;
    private final Rates rates;
    private final Map<String, Double> told = new HashMap<>();
    private Phase phase = Phase.DONE;

    public PlainProgress(PrintWriter out, Rates rates) {
        this.out = out;
        this.rates = rates;
    }

    @Override
    public void show(TuningStatus status) {
        if (status.phase() != phase) {
            phase = status.phase();
            line(status, heading(status));
        }
        status.tasks().forEach(task -> tell(status, task));
    }

    private static String heading(TuningStatus status) {
        int trials = status.tasks().stream().mapToInt(TaskStatus::trials).sum();
        int failed = status.tasks().stream().mapToInt(TaskStatus::failed).sum();
        return switch (status.phase()) {
            case DEFAULTS ->
                String.format(
                        Locale.ROOT,
                        "%d task%s, %s of time",
                        status.tasks().size(),
                        status.tasks().size() == 1 ? "" : "s",
                        Rates.clock(status.budgetSeconds()));
            case SEARCH -> "searching: times and gains are estimates until the finals";
            case FINALS -> String.format(Locale.ROOT, "finals, after %d trials, %d failed", trials, failed);
            case DONE -> "done";
        };
    }

    private void tell(TuningStatus status, TaskStatus task) {
        if (task.best().isEmpty()) {
            return;
        }
        double seconds = task.best().get().seconds().median();
        Double before = told.get(task.task().name());
        if (before != null && seconds > NEWS * before) {
            return;
        }
        told.put(task.task().name(), seconds);
        line(
                status,
                String.format(
                        Locale.ROOT,
                        "%s: %s, %.1f GFLOP/s, %.1f %% of peak%s",
                        task.task().name(),
                        Rates.time(seconds),
                        Rates.gigaflopsPerSecond(task.task(), seconds),
                        rates.percentOfPeak(task.task(), seconds),
                        before == null ? " by default" : gain(task)));
    }

    private static String gain(TaskStatus task) {
        String trials = " after " + task.trials() + " trials";
        return task.standard()
                .map(Distribution::median)
                .map(standard -> String.format(Locale.ROOT, ", %.2f times the default%s", task.gain(), trials))
                .orElse(trials);
    }

    private void line(TuningStatus status, String text) {
        out.printf(Locale.ROOT, "%7.1f s  %s%n", status.secondsUsed(), text);
        out.flush();
    }

    @Override
    public void warn(String message) {
        out.println("warning: " + message);
        out.flush();
    }
}

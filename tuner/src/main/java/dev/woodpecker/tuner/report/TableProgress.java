package dev.woodpecker.tuner.report;

import dev.woodpecker.tuner.run.Progress;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TuningStatus;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table that is drawn anew in place, for terminals. */
public final class TableProgress implements Progress {
    private static final String LINE_UP = "\033[%dA";
    private static final String CLEAR_TO_END_OF_LINE = "\033[K";
    private static final String CLEAR_BELOW = "\033[J";
    private static final String FORMAT = "%s %-44s %6s %6s %11s %11s %6s %6s";

    /** Half of the times that something happens are too soon after the last one for eyes. */
    private static final double SECONDS_BETWEEN = 0.2;

    private final PrintWriter out;
    private final Rates rates;
    private final int lines;
    private final List<String> warnings = new ArrayList<>();
    private int drawn;
    private double drawnAtSeconds = Double.NEGATIVE_INFINITY;

    /**
     * @param lines of the terminal
     */
    public TableProgress(PrintWriter out, Rates rates, int lines) {
        this.out = out;
        this.rates = rates;
        this.lines = lines;
    }

    @Override
    public void show(TuningStatus status) {
        boolean last = status.phase() == TuningStatus.Phase.DONE;
        if (!last && status.secondsUsed() - drawnAtSeconds < SECONDS_BETWEEN) {
            return;
        }
        drawnAtSeconds = status.secondsUsed();
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append(LINE_UP.formatted(drawn));
        }
        List<String> rows = rows(status);
        rows.forEach(row -> text.append(row).append(CLEAR_TO_END_OF_LINE).append('\n'));
        text.append(CLEAR_BELOW);
        out.print(text);
        out.flush();
        drawn = rows.size();
    }

    private List<String> rows(TuningStatus status) {
        List<String> rows = new ArrayList<>();
        int trials = status.tasks().stream().mapToInt(TaskStatus::trials).sum();
        int failed = status.tasks().stream().mapToInt(TaskStatus::failed).sum();
        rows.add(String.format(
                Locale.ROOT,
                "%s, %s left; %d trials, %d failed",
                status.phase().name().toLowerCase(Locale.ROOT),
                Rates.clock(status.secondsLeft()),
                trials,
                failed));
        rows.add(FORMAT.formatted(" ", "task", "trials", "failed", "default", "best", "gain", "peak"));
        // A table that scrolls could not be drawn in place; the busiest part of it is shown.
        int room = Math.max(1, lines - 4 - warnings.size());
        int first = Math.clamp(
                status.current() - room / 2, 0, Math.max(0, status.tasks().size() - room));
        for (int i = first; i < Math.min(status.tasks().size(), first + room); i++) {
            rows.add(row(status.tasks().get(i), i == status.current()));
        }
        rows.addAll(warnings);
        return rows;
    }

    private String row(TaskStatus task, boolean current) {
        String name = task.task().name();
        return FORMAT.formatted(
                current ? ">" : " ",
                name.length() > 44 ? name.substring(0, 41) + "..." : name,
                task.trials(),
                task.failed(),
                task.standard().map(time -> Rates.time(time.median())).orElse("-"),
                task.best().map(best -> Rates.time(best.seconds().median())).orElse("-"),
                task.best().isPresent() ? String.format(Locale.ROOT, "%.2f", task.gain()) : "-",
                task.best()
                        .map(best -> String.format(
                                Locale.ROOT,
                                "%.0f %%",
                                rates.percentOfPeak(task.task(), best.seconds().median())))
                        .orElse("-"));
    }

    @Override
    public void warn(String message) {
        warnings.add("warning: " + message.lines().findFirst().orElse(""));
    }
}

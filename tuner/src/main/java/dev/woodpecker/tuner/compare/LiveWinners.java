package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.measure.Measurer;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;

/** Times what searches found again, so that a lucky measurement wins nothing. */
public final class LiveWinners {
    private LiveWinners() {}

    /**
     * A table with a line for each kernel and a column for each search.
     *
     * @param finals times points of a task in turns, as {@link Measurer} answers
     */
    public static List<String> lines(
            Comparison comparison, Target target, BiFunction<TuningTask, List<Point>, List<Outcome>> finals) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("kernel", "default schedule"));
        head.addAll(comparison.searches());
        rows.add(head);
        for (Landscape landscape : comparison.landscapes()) {
            TuningTask task = landscape.kernel().task(target);
            SearchSpace space = SearchSpace.of(task);
            List<Point> points = new ArrayList<>(List.of(space.point(Chooser.preferred())));
            for (String search : comparison.searches()) {
                points.add(recorded(
                        space, landscape, comparison.result(landscape, search).winner()));
            }
            List<String> row = new ArrayList<>(List.of(landscape.kernel().name()));
            finals.apply(task, points).forEach(outcome -> row.add(text(outcome)));
            rows.add(row);
        }
        return ComparisonTable.aligned(rows);
    }

    private static Point recorded(SearchSpace space, Landscape landscape, Map<String, Long> decisions) {
        Point point = space.point(Chooser.of(decisions));
        if (!point.decisionsByName().equals(decisions)) {
            throw new IllegalArgumentException(
                    "the space of %s is no longer the one that was recorded: %s is now %s; record it anew with --record"
                            .formatted(landscape.kernel().name(), decisions, point.decisionsByName()));
        }
        return point;
    }

    private static String text(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Timed(var seconds) -> String.format(Locale.ROOT, "%.4g ms", seconds.median() * 1e3);
            case Outcome.Failed(Outcome.Failure failure, String _) ->
                failure.name().toLowerCase(Locale.ROOT);
        };
    }
}

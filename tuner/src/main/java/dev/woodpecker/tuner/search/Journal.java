package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What one search has tried so far, each point once. */
final class Journal {
    /** A point that was tried; no seconds where it failed. */
    record Trial(Point point, OptionalDouble seconds) {
        /** Failures are slower than anything. */
        double rank() {
            return seconds.orElse(Double.POSITIVE_INFINITY);
        }
    }

    private final Trials trials;
    private final Map<Map<String, Long>, Trial> tried = new LinkedHashMap<>();

    Journal(Trials trials) {
        this.trials = trials;
    }

    int remaining() {
        return trials.remaining();
    }

    boolean isNew(Point point) {
        return !tried.containsKey(point.decisionsByName());
    }

    /** What is known of a point, if it was tried. */
    Optional<Trial> find(Point point) {
        return Optional.ofNullable(tried.get(point.decisionsByName()));
    }

    /**
     * Has the new ones among these points measured, as many as the budget allows; what became of those.
     *
     * @throws SearchEnded if the budget allows none
     */
    List<Trial> measure(List<Point> points) {
        Map<Map<String, Long>, Point> distinct = new LinkedHashMap<>();
        points.stream().filter(this::isNew).forEach(point -> distinct.putIfAbsent(point.decisionsByName(), point));
        List<Point> fresh = List.copyOf(distinct.values());
        List<Point> affordable = fresh.subList(0, Math.min(fresh.size(), Math.max(1, trials.remaining())));
        List<Trial> found = new ArrayList<>();
        if (affordable.isEmpty()) {
            return found;
        }
        List<Outcome> outcomes = trials.measure(affordable);
        for (int i = 0; i < outcomes.size(); i++) {
            Trial trial = new Trial(affordable.get(i), seconds(outcomes.get(i)));
            tried.put(trial.point().decisionsByName(), trial);
            found.add(trial);
        }
        return found;
    }

    private static OptionalDouble seconds(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Timed(var seconds) -> OptionalDouble.of(seconds.median());
            case Outcome.Failed _ -> OptionalDouble.empty();
        };
    }

    /** All trials in order. */
    List<Trial> trials() {
        return List.copyOf(tried.values());
    }

    /** Those with a time, the fastest first; of equal ones that which was tried first. */
    List<Trial> ranking() {
        return tried.values().stream()
                .filter(trial -> trial.seconds().isPresent())
                .sorted(Comparator.comparingDouble(Trial::rank))
                .toList();
    }
}

package dev.woodpecker.tuner.run;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.run.TaskStatus.Standing;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that is known of a task during a run. Used by one thread at a time: the run's, or the task's search while it has the turn. */
final class TaskState {
    /** Points are equal candidates when their decisions are equal. */
    private record Key(String variant, Map<String, Long> decisions) {
        static Key of(Point point) {
            return new Key(point.variant().name(), point.decisionsByName());
        }
    }

    private final TuningTask task;
    private final SearchSpace space;
    private final Point standardPoint;
    private final Map<Key, Outcome> outcomes = new LinkedHashMap<>();
    private final List<TimedPoint> timed = new ArrayList<>();
    private final Map<Failure, Integer> failures = new EnumMap<>(Failure.class);
    /** The best median after each trial. */
    private final List<Double> bestAfterTrial = new ArrayList<>();

    private int trials;
    private int known;
    private double chargedSeconds;
    private Optional<TimedPoint> standard = Optional.empty();
    private Optional<TimedPoint> best = Optional.empty();
    private Standing standing = Standing.UNTIMED;

    TaskState(TuningTask task, SearchSpace space) {
        this.task = task;
        this.space = space;
        this.standardPoint = space.point(Chooser.preferred());
    }

    TuningTask task() {
        return task;
    }

    SearchSpace space() {
        return space;
    }

    Point standardPoint() {
        return standardPoint;
    }

    Optional<TimedPoint> standard() {
        return standard;
    }

    Optional<TimedPoint> best() {
        return best;
    }

    int trials() {
        return trials;
    }

    /** What the trials so far are taken to have cost: a function of their outcomes alone, so that a replay decides alike. */
    double chargedSeconds() {
        return chargedSeconds;
    }

    List<Double> bestAfterTrial() {
        return bestAfterTrial;
    }

    Optional<Outcome> outcome(Point point) {
        return Optional.ofNullable(outcomes.get(Key.of(point)));
    }

    static boolean isSame(Point a, Point b) {
        return Key.of(a).equals(Key.of(b));
    }

    /** A point that the rules reject: no trial, as nothing ran. */
    void rejected(Point point, Outcome.Failed reason) {
        if (outcomes.put(Key.of(point), reason) == null) {
            failures.merge(reason.failure(), 1, Integer::sum);
        }
    }

    /** What an earlier run found out: no trial either. */
    void recalled(Point point, Outcome outcome) {
        known++;
        learn(point, outcome);
    }

    void measured(Point point, Outcome outcome) {
        trials++;
        chargedSeconds += TaskScheduler.charge(outcome);
        learn(point, outcome);
        best.ifPresent(b -> bestAfterTrial.add(b.seconds().median()));
    }

    private void learn(Point point, Outcome outcome) {
        outcomes.put(Key.of(point), outcome);
        switch (outcome) {
            case Outcome.Failed(Failure failure, String _) -> failures.merge(failure, 1, Integer::sum);
            case Outcome.Timed(Distribution seconds) -> {
                TimedPoint found = new TimedPoint(point, seconds);
                timed.add(found);
                if (isSame(point, standardPoint)) {
                    standard = Optional.of(found);
                }
                if (best.isEmpty() || seconds.median() < best.get().seconds().median()) {
                    best = Optional.of(found);
                }
                standing = isStandard(best.orElseThrow()) ? Standing.DEFAULT : Standing.UNCONFIRMED;
            }
        }
    }

    private boolean isStandard(TimedPoint candidate) {
        return isSame(candidate.point(), standardPoint);
    }

    /** The fastest points, the default not among them. */
    List<Point> challengers(int most) {
        double limit = standard.map(s -> s.seconds().median()).orElse(Double.POSITIVE_INFINITY);
        return timed.stream()
                .filter(candidate -> !isStandard(candidate))
                .filter(candidate -> candidate.seconds().median() < limit)
                .sorted(Comparator.comparingDouble(
                        candidate -> candidate.seconds().median()))
                .limit(most)
                .map(TimedPoint::point)
                .toList();
    }

    /** The finals' word: both times are from there. */
    void decide(Optional<TimedPoint> finalStandard, TimedPoint winner) {
        finalStandard.ifPresent(seconds -> standard = Optional.of(seconds));
        best = Optional.of(winner);
        standing = isStandard(winner) ? Standing.DEFAULT : Standing.FASTER;
    }

    /** The best of the search has not held in the finals, or there were none: the default stays. */
    void keepStandard() {
        best = standard;
        standing = standard.isPresent() ? Standing.DEFAULT : Standing.UNTIMED;
    }

    TaskStatus status() {
        return new TaskStatus(task, trials, known, failures, standing, standard.map(TimedPoint::seconds), best);
    }
}

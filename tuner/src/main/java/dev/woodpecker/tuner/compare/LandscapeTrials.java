package dev.woodpecker.tuner.compare;

import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.search.SearchEnded;
import dev.woodpecker.tuner.search.Trials;
import dev.woodpecker.tuner.task.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Answers from a landscape, for so many trials, and keeps the best after each. */
final class LandscapeTrials implements Trials {
    private final Map<Map<String, Long>, Landscape.Entry> known;
    private final int budget;
    private final Set<Map<String, Long>> tried = new HashSet<>();
    private final List<Double> best = new ArrayList<>();
    private Map<String, Long> winner = new HashMap<>();

    LandscapeTrials(Landscape landscape, int budget) {
        this.known = landscape.byDecisions();
        this.budget = budget;
    }

    @Override
    public List<Outcome> measure(List<Point> points) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Point point : points) {
            Map<String, Long> decisions = point.decisionsByName();
            Landscape.Entry entry = known.get(decisions);
            if (entry == null) {
                throw new IllegalStateException("no recorded point has the decisions " + decisions);
            }
            outcomes.add(entry.outcome());
            if (!isRejected(entry.outcome()) && !tried.contains(decisions)) {
                note(decisions, Landscape.seconds(entry.outcome()));
            }
        }
        return outcomes;
    }

    private static boolean isRejected(Outcome outcome) {
        return outcome instanceof Outcome.Failed(Outcome.Failure failure, String _)
                && failure == Outcome.Failure.REJECTED;
    }

    private void note(Map<String, Long> decisions, double seconds) {
        if (best.size() == budget) {
            throw new SearchEnded();
        }
        tried.add(decisions);
        double before = best.isEmpty() ? Double.POSITIVE_INFINITY : best.getLast();
        if (seconds < before) {
            winner = decisions;
        }
        best.add(Math.min(before, seconds));
    }

    @Override
    public int remaining() {
        return budget - best.size();
    }

    /** Seconds of the best after each trial; a search that ended early has found what there is. */
    List<Double> best() {
        List<Double> curve = new ArrayList<>(best);
        while (curve.size() < budget) {
            curve.add(curve.isEmpty() ? Double.POSITIVE_INFINITY : curve.getLast());
        }
        return curve;
    }

    Map<String, Long> winner() {
        return winner;
    }
}

package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.task.Point;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Says which points are worth measuring, and learns from what measuring them shows. */
record Screen(Knowledge knowledge, Journal journal) {
    private record Scored(Point point, double score) {}

    /** The new ones of these points, the fastest by the analytic model first. */
    List<Point> byAnalysis(List<Point> points) {
        return ranked(points, LearnedModel.Candidate::analyticSeconds);
    }

    /** The new ones of these points, the fastest by the learned model first. */
    List<Point> byModel(List<Point> points) {
        return ranked(points, knowledge.learned()::score);
    }

    private List<Point> ranked(List<Point> points, ToDoubleFunction<LearnedModel.Candidate> score) {
        Map<Map<String, Long>, Point> fresh = new LinkedHashMap<>();
        points.stream().filter(journal::isNew).forEach(point -> fresh.putIfAbsent(point.decisionsByName(), point));
        // Looking at a candidate is lowering it, which nothing else has to wait for.
        return fresh.values().parallelStream()
                .map(point -> new Scored(
                        point,
                        knowledge.candidate(point).map(score::applyAsDouble).orElse(Double.MAX_VALUE)))
                .sorted(Comparator.comparingDouble(Scored::score))
                .map(Scored::point)
                .toList();
    }

    /** Measures what is new among these points; the learned model takes note. */
    List<Journal.Trial> measure(List<Point> points) {
        List<Journal.Trial> trials = journal.measure(points);
        for (Journal.Trial trial : trials) {
            trial.seconds()
                    .ifPresent(seconds -> knowledge
                            .candidate(trial.point())
                            .ifPresent(candidate -> knowledge.learned().observe(knowledge.task(), candidate, seconds)));
        }
        return trials;
    }

    void train() {
        knowledge.learned().train();
    }
}

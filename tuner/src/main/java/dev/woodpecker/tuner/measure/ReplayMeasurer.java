package dev.woodpecker.tuner.measure;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Answers from recorded measurements only, so that a search can be repeated exactly, and searches compared on the same
 * landscape. What was not recorded is rejected.
 */
public final class ReplayMeasurer implements Measurer {
    private final Map<String, Map<Map<String, Long>, Outcome>> byTask = new HashMap<>();

    /** @param outcomes by the task's name and then by the point's decisions */
    public ReplayMeasurer(Map<String, Map<Map<String, Long>, Outcome>> outcomes) {
        outcomes.forEach((task, recorded) -> byTask.put(task, Map.copyOf(recorded)));
    }

    @Override
    public List<Outcome> measure(TuningTask task, List<Point> points) {
        Map<Map<String, Long>, Outcome> recorded = byTask.getOrDefault(task.name(), Map.of());
        return points.stream()
                .map(point -> recorded.getOrDefault(
                        point.decisionsByName(),
                        new Outcome.Failed(
                                Outcome.Failure.REJECTED,
                                "no measurement of " + task.name() + " with these decisions was recorded")))
                .toList();
    }

    @Override
    public void close() {}
}

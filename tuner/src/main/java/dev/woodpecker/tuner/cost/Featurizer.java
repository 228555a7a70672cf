package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Says what is known of a candidate without measuring it. */
@FunctionalInterface
public interface Featurizer {
    /** Nothing for a point that the rules reject or that cannot be lowered. */
    Optional<KernelFeatures> features(Point point);

    /** By lowering a task's candidates, each once. For several threads. */
    static Featurizer of(TuningTask task) {
        Map<Map<String, Long>, Optional<KernelFeatures>> known = new ConcurrentHashMap<>();
        return point -> known.computeIfAbsent(point.decisionsByName(), _ -> lowered(task, point));
    }

    private static Optional<KernelFeatures> lowered(TuningTask task, Point point) {
        return switch (point.result()) {
            case SpacePoint.Rejected _ -> Optional.empty();
            case SpacePoint.Scheduled(List<Decision> _, Trace trace) -> {
                try {
                    yield Optional.of(FeatureExtraction.of(
                            Lowering.loops(point.variant().program(), trace, task.target(), task.numerics()),
                            task.target()));
                } catch (LoweringException doesNotFit) {
                    yield Optional.empty();
                }
            }
        };
    }
}

package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.cost.Analysis;
import dev.woodpecker.tuner.cost.AnalyticModel;
import dev.woodpecker.tuner.cost.Featurizer;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.cost.cuda.CudaAnalysis;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a search may know of a task beyond its space.
 *
 * @param task tells tasks apart in what is learned
 * @param shape of {@link TaskShape}
 * @param learned shared by all tasks of a run
 * @param seeds decisions that were good for the nearest kernels on record, the nearest first
 */
public record Knowledge(
        String task,
        List<Double> shape,
        Featurizer featurizer,
        Analysis analytic,
        LearnedModel learned,
        List<Map<String, Long>> seeds) {
    public Knowledge {
        shape = List.copyOf(shape);
        seeds = seeds.stream().map(Map::copyOf).toList();
    }

    /** Of a task whose candidates are lowered to be looked at. */
    public static Knowledge of(TuningTask task, LearnedModel learned, List<Map<String, Long>> seeds) {
        Target target = task.target();
        return new Knowledge(
                task.name(),
                TaskShape.of(task.variants().getFirst().program(), target),
                Featurizer.of(task),
                target.isCuda() ? new CudaAnalysis(task) : new AnalyticModel(target),
                learned,
                seeds);
    }

    /** The point as the models see it, if they can. */
    Optional<LearnedModel.Candidate> candidate(Point point) {
        return featurizer
                .features(point)
                .map(features -> LearnedModel.Candidate.of(point, features, analytic.seconds(point, features)));
    }
}

package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.cost.Featurizer;
import dev.woodpecker.tuner.measure.Measurer;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.search.Enumeration;
import dev.woodpecker.tuner.search.TaskShape;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Measures the landscapes that searches are compared on. */
public final class LandscapeRecording {
    private static final int BATCH = 16;

    private LandscapeRecording() {}

    /**
     * A kernel's space, thinned to at most so many points, measured whole.
     *
     * @param machine for people: where this is measured
     * @param progress is told now and then how far it is
     */
    public static Landscape record(
            ComparisonKernel kernel,
            Target target,
            String machine,
            int points,
            Measurer measurer,
            Consumer<String> progress) {
        TuningTask task = kernel.task(target);
        ThinnedSpace space = ThinnedSpace.of(SearchSpace.of(task), points);
        List<Point> all = new ArrayList<>();
        new Enumeration(space).forEachRemaining(all::add);
        // The default comes first: what is right and how fast the machine is, is told by it.
        measurer.measure(task, List.of(space.point(Chooser.preferred())));
        Featurizer featurizer = Featurizer.of(task);
        List<Landscape.Entry> entries = new ArrayList<>();
        for (int from = 0; from < all.size(); from += BATCH) {
            List<Point> batch = all.subList(from, Math.min(from + BATCH, all.size()));
            List<Outcome> outcomes = measurer.measure(task, batch);
            for (int i = 0; i < batch.size(); i++) {
                entries.add(entry(batch.get(i), outcomes.get(i), featurizer));
            }
            progress.accept("%s: %d of %d points".formatted(kernel.name(), entries.size(), all.size()));
        }
        return new Landscape(
                kernel, target, machine, TaskShape.of(task.variants().getFirst().program(), target), entries);
    }

    private static Landscape.Entry entry(Point point, Outcome outcome, Featurizer featurizer) {
        List<Landscape.Choice> choices = point.decisions().stream()
                .map(d -> new Landscape.Choice(
                        d.point().name(), d.value(), d.point().preferred()))
                .toList();
        Outcome known = point.result() instanceof SpacePoint.Rejected(var _, String reason)
                ? new Outcome.Failed(Outcome.Failure.REJECTED, reason)
                : outcome;
        return new Landscape.Entry(choices, known, featurizer.features(point));
    }
}

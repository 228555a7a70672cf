package dev.woodpecker.tuner.compare;

import dev.woodpecker.tuner.cost.AnalyticModel;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.cost.LearnedModel.Candidate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * How well models order candidates that they have not seen: Spearman's rank correlation between what a model says and what
 * was measured, 1 for the same order.
 */
public final class ModelExperiment {
    /** Trials that the learned model has of a kernel when it is asked about the kernel's others. */
    private static final int SEEN = 64;

    private static final long SEED = 1;

    private record Sample(Candidate candidate, double seconds) {}

    private ModelExperiment() {}

    /** A table with a line for each kernel. */
    public static List<String> lines(List<Landscape> landscapes) {
        Map<Landscape, List<Sample>> samples = new HashMap<>();
        landscapes.forEach(landscape -> samples.put(landscape, samples(landscape)));
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("kernel", "analytic", "learned from others", "from " + SEEN + " of its own", "from both"));
        for (Landscape landscape : landscapes) {
            List<Sample> own = new ArrayList<>(samples.getOrDefault(landscape, List.of()));
            Collections.shuffle(own, new Random(SEED));
            List<Sample> seen = own.subList(0, Math.min(SEEN, own.size() / 2));
            List<Sample> unseen = own.subList(seen.size(), own.size());
            LearnedModel fromOthers = new LearnedModel();
            LearnedModel fromOwn = new LearnedModel();
            LearnedModel fromBoth = new LearnedModel();
            for (Landscape other : landscapes) {
                if (other != landscape) {
                    observe(fromOthers, other, thinned(samples.getOrDefault(other, List.of())));
                    observe(fromBoth, other, thinned(samples.getOrDefault(other, List.of())));
                }
            }
            observe(fromOwn, landscape, seen);
            observe(fromBoth, landscape, seen);
            List.of(fromOthers, fromOwn, fromBoth).forEach(LearnedModel::train);
            rows.add(List.of(
                    landscape.kernel().name(),
                    correlation(unseen, Candidate::analyticSeconds),
                    correlation(unseen, fromOthers::score),
                    correlation(unseen, fromOwn::score),
                    correlation(unseen, fromBoth::score)));
        }
        return ComparisonTable.aligned(rows);
    }

    private static List<Sample> samples(Landscape landscape) {
        AnalyticModel analytic = new AnalyticModel(landscape.target());
        List<Sample> samples = new ArrayList<>();
        for (Landscape.Entry entry : landscape.entries()) {
            double seconds = Landscape.seconds(entry.outcome());
            if (seconds < Double.POSITIVE_INFINITY) {
                entry.features().ifPresent(features -> {
                    Map<String, Long> decisions = new HashMap<>();
                    entry.decisions().forEach((name, value) -> decisions.put(Candidate.withoutStage(name), value));
                    samples.add(new Sample(new Candidate(features, analytic.seconds(features), decisions), seconds));
                });
            }
        }
        return samples;
    }

    /** As many as a search leaves behind of another kernel. */
    private static List<Sample> thinned(List<Sample> samples) {
        List<Sample> some = new ArrayList<>(samples);
        Collections.shuffle(some, new Random(SEED));
        return some.subList(0, Math.min(32, some.size()));
    }

    private static void observe(LearnedModel model, Landscape landscape, List<Sample> samples) {
        samples.forEach(sample -> model.observe(landscape.kernel().name(), sample.candidate(), sample.seconds()));
    }

    private static String correlation(List<Sample> samples, ToDoubleFunction<Candidate> model) {
        double[] said = samples.stream()
                .mapToDouble(sample -> model.applyAsDouble(sample.candidate()))
                .toArray();
        double[] measured = samples.stream().mapToDouble(Sample::seconds).toArray();
        return samples.size() < 3 ? "-" : String.format(Locale.ROOT, "%.2f", RankCorrelation.of(said, measured));
    }
}

package dev.woodpecker.tuner.cost;

import dev.woodpecker.tuner.task.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.tribuo.Example;
import org.tribuo.Model;
import org.tribuo.MutableDataset;
import org.tribuo.common.tree.RandomForestTrainer;
import org.tribuo.impl.ArrayExample;
import org.tribuo.provenance.SimpleDataSourceProvenance;
import org.tribuo.regression.RegressionFactory;
import org.tribuo.regression.Regressor;
import org.tribuo.regression.ensemble.AveragingCombiner;
import org.tribuo.regression.rtree.CARTRegressionTrainer;
import org.tribuo.regression.rtree.impurity.MeanSquaredError;

/**
 * Learns from what was measured which candidates are fast: a forest of regression trees that estimates by how much the
 * analytic model is wrong. One model serves all tasks, and times count relative to those of their own task, so that what
 * was learned from one kernel helps with the next. Not for several threads at once.
 */
public final class LearnedModel {
    private static final int TREES = 16;
    private static final int DEPTH = 8;
    private static final float LEAF_EXAMPLES = 2;

    /** Of the features, what each tree's split may choose from. */
    private static final float FEATURES_A_SPLIT = 0.5f;

    /** Newest trials that training looks at: the time it takes stays within a tenth of a second. */
    private static final int WINDOW = 256;

    private static final RegressionFactory FACTORY = new RegressionFactory();

    /** Held, since loggers that nobody holds are forgotten with their levels. */
    private static final Logger TRIBUO = Logger.getLogger("org.tribuo");

    static {
        // Each tree and each data set is worth a line to the library.
        TRIBUO.setLevel(Level.SEVERE);
    }

    /**
     * A candidate as the model sees it.
     *
     * @param analyticSeconds of {@link AnalyticModel}
     * @param decisions by name, without what is particular to one kernel
     */
    public record Candidate(KernelFeatures features, double analyticSeconds, Map<String, Long> decisions) {
        public Candidate {
            decisions = Map.copyOf(decisions);
        }

        /** A point of a space; choices are called after what is chosen, not after the stage it is chosen for. */
        public static Candidate of(Point point, KernelFeatures features, double analyticSeconds) {
            Map<String, Long> decisions = new HashMap<>();
            point.decisionsByName().forEach((name, value) -> decisions.put(withoutStage(name), value));
            return new Candidate(features, analyticSeconds, decisions);
        }

        /** {@code out.tile.rows} is {@code tile.rows} wherever it is met. */
        public static String withoutStage(String name) {
            return name.substring(name.indexOf('.') + 1);
        }
    }

    private record Observation(String task, Candidate candidate, double seconds) {}

    private final List<Observation> observations = new ArrayList<>();
    private Optional<Model<Regressor>> forest = Optional.empty();

    /** Takes note of a measured time; {@link #train} makes use of it. */
    public void observe(String task, Candidate candidate, double seconds) {
        observations.add(new Observation(task, candidate, seconds));
    }

    public int observations() {
        return observations.size();
    }

    /** Learns anew from all that was observed. */
    public void train() {
        List<Observation> recent = observations.subList(Math.max(0, observations.size() - WINDOW), observations.size());
        if (recent.size() < 8) {
            return;
        }
        Map<String, Double> levels = levels(recent);
        var provenance = new SimpleDataSourceProvenance("trials", FACTORY);
        MutableDataset<Regressor> data = new MutableDataset<>(provenance, FACTORY);
        for (Observation observation : recent) {
            double residual = residual(observation) - levels.getOrDefault(observation.task(), 0.0);
            data.add(example(observation.candidate(), residual));
        }
        CARTRegressionTrainer tree =
                new CARTRegressionTrainer(DEPTH, LEAF_EXAMPLES, 0, FEATURES_A_SPLIT, false, new MeanSquaredError(), 1);
        forest = Optional.of(new RandomForestTrainer<>(tree, new AveragingCombiner(), TREES, 1).train(data));
    }

    /** What the analytic model's error is around, in each task. */
    private static Map<String, Double> levels(List<Observation> observations) {
        Map<String, List<Double>> residuals = new HashMap<>();
        observations.forEach(observation -> residuals
                .computeIfAbsent(observation.task(), _ -> new ArrayList<>())
                .add(residual(observation)));
        Map<String, Double> levels = new HashMap<>();
        residuals.forEach((task, values) ->
                levels.put(task, values.stream().sorted().toList().get(values.size() / 2)));
        return levels;
    }

    private static double residual(Observation observation) {
        return Math.log(observation.seconds())
                - Math.log(observation.candidate().analyticSeconds());
    }

    /**
     * The logarithm of the time in a unit of its own: less is faster. Comparable between candidates of one task.
     */
    public double score(Candidate candidate) {
        double analytic = Math.log(candidate.analyticSeconds());
        return forest.map(model -> analytic
                        + model.predict(example(candidate, 0)).getOutput().getValues()[0])
                .orElse(analytic);
    }

    private static Example<Regressor> example(Candidate candidate, double value) {
        List<String> names = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        for (Feature feature : Feature.values()) {
            names.add(feature.name());
            values.add(candidate.features().scaled(feature));
        }
        new TreeMap<>(candidate.decisions()).forEach((name, chosen) -> {
            names.add("decision " + name);
            values.add(Math.log(1.0 + Math.abs(chosen)));
        });
        return new ArrayExample<>(
                new Regressor("residual", value),
                names.toArray(String[]::new),
                values.stream().mapToDouble(Double::doubleValue).toArray());
    }
}

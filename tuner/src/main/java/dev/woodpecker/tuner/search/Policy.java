package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Answers choices with probabilities, and learns which answers pay: proximal policy optimisation (Schulman and others
 * 2017) with its clipped objective. What an episode gains counts for all of its choices; the mean of the episodes learned
 * from at a time is what a gain is measured against, so that no second network has to estimate it.
 */
public final class Policy {
    private static final String RESOURCE = "policy.txt";
    private static final double CLIP = 0.2;
    private static final double ENTROPY = 0.01;
    private static final int EPOCHS = 4;

    private final PolicyNetwork network;

    private Policy(PolicyNetwork network) {
        this.network = network;
    }

    /** One answered choice. */
    private static final class Step {
        final double[][] rows;
        final int chosen;
        final double logProbability;

        Step(double[][] rows, int chosen, double logProbability) {
            this.rows = rows;
            this.chosen = chosen;
            this.logProbability = logProbability;
        }
    }

    /** A way through a space. */
    public static final class Episode {
        private final Point point;
        private final List<Step> steps;

        private Episode(Point point, List<Step> steps) {
            this.point = point;
            this.steps = steps;
        }

        public Point point() {
            return point;
        }
    }

    /** An episode with what it gained. */
    public record Rewarded(Episode episode, double reward) {}

    /** A policy that has no preference yet. */
    public static Policy untrained(RandomGenerator random) {
        return new Policy(new PolicyNetwork(PolicyNetwork.untrained(random)));
    }

    /** The policy that comes with the tuner, trained against the analytic model. */
    public static Policy pretrained() {
        try (InputStream in = Policy.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the tuner's " + RESOURCE + " is missing from the class path");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            double[] weights = reader.lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> List.of(line.split(" ")).stream())
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            return new Policy(new PolicyNetwork(weights));
        } catch (IOException e) {
            throw new UncheckedIOException("the tuner's " + RESOURCE + " cannot be read", e);
        }
    }

    /** As {@link #pretrained} reads it. */
    public String text() {
        StringBuilder text =
                new StringBuilder("# Weights of the search policy. Written by: wpk search-compare --pretrain\n");
        double[] weights = network.weights();
        for (int i = 0; i < weights.length; i++) {
            text.append(String.format(Locale.ROOT, "%.4g", weights[i])).append((i + 1) % 16 == 0 ? '\n' : ' ');
        }
        return text.toString().strip() + "\n";
    }

    /**
     * A way through the space.
     *
     * @param temperature 1 for the policy's own probabilities; more makes them more alike
     */
    public Episode episode(SearchSpace space, List<Double> shape, double temperature, RandomGenerator random) {
        return follow(space, shape, (choice, rows) -> {
            double[] probabilities = probabilities(rows, temperature);
            double rest = random.nextDouble();
            int index = 0;
            while (index < probabilities.length - 1 && (rest -= probabilities[index]) >= 0) {
                index++;
            }
            return index;
        });
    }

    /** The way to a point that is known. */
    public Episode episodeTo(Point point, SearchSpace space, List<Double> shape) {
        Chooser chooser = Chooser.of(point.decisionsByName());
        return follow(space, shape, (choice, rows) -> choice.domain().indexOf(chooser.choose(choice)));
    }

    private interface Answer {
        int index(ChoicePoint choice, double[][] rows);
    }

    private Episode follow(SearchSpace space, List<Double> shape, Answer answer) {
        ChoiceEncoding encoding = new ChoiceEncoding(shape);
        List<Step> steps = new ArrayList<>();
        Point point = space.point(choice -> {
            double[][] rows = encoding.rows(choice);
            int index = answer.index(choice, rows);
            steps.add(new Step(rows, index, Math.log(probabilities(rows, 1)[index])));
            encoding.chosen(choice, index);
            return choice.domain().get(index);
        });
        return new Episode(point, steps);
    }

    private double[] probabilities(double[][] rows, double temperature) {
        double[] scores = network.scores(rows);
        double greatest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            greatest = Math.max(greatest, score);
        }
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = Math.exp((scores[i] - greatest) / temperature);
            sum += scores[i];
        }
        for (int i = 0; i < scores.length; i++) {
            // Never quite 0, so that its logarithm is a number.
            scores[i] = Math.max(scores[i] / sum, 1e-9);
        }
        return scores;
    }

    /** Makes answers that gained more than the mean of these episodes likelier, and others less likely. */
    public void learn(List<Rewarded> episodes, double rate) {
        double mean = episodes.stream().mapToDouble(Rewarded::reward).average().orElse(0);
        double variance = episodes.stream()
                .mapToDouble(e -> (e.reward() - mean) * (e.reward() - mean))
                .average()
                .orElse(0);
        int steps = episodes.stream().mapToInt(e -> e.episode().steps.size()).sum();
        if (variance < 1e-12 || steps == 0) {
            return;
        }
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            for (Rewarded rewarded : episodes) {
                double advantage = (rewarded.reward() - mean) / Math.sqrt(variance);
                rewarded.episode().steps.forEach(step -> accumulate(step, advantage, steps));
            }
            network.step(rate);
        }
    }

    private void accumulate(Step step, double advantage, int steps) {
        double[] probabilities = probabilities(step.rows, 1);
        double ratio = Math.exp(Math.log(probabilities[step.chosen]) - step.logProbability);
        boolean clipped = advantage > 0 ? ratio > 1 + CLIP : ratio < 1 - CLIP;
        double gain = clipped ? 0 : advantage * ratio;
        double entropy = 0;
        for (double p : probabilities) {
            entropy -= p * Math.log(p);
        }
        for (int i = 0; i < probabilities.length; i++) {
            double p = probabilities[i];
            double derivative = gain * ((i == step.chosen ? 1 : 0) - p) - ENTROPY * p * (Math.log(p) + entropy);
            network.accumulate(step.rows[i], derivative / steps);
        }
    }
}

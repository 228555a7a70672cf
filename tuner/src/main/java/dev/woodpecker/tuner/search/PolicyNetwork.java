package dev.woodpecker.tuner.search;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** A score for each row: one hidden layer of tanh units, trained by Adam (Kingma and Ba 2015). */
final class PolicyNetwork {
    private static final int HIDDEN = 32;
    private static final double FIRST_DECAY = 0.9;
    private static final double SECOND_DECAY = 0.999;
    private static final double TINY = 1e-8;

    /** Hidden weights and biases row by row, then those of the output. */
    static final int WEIGHTS = HIDDEN * (ChoiceEncoding.WIDTH + 1) + HIDDEN + 1;

    private static final int OUTPUT = HIDDEN * (ChoiceEncoding.WIDTH + 1);

    private final double[] weights;
    private final double[] gradient = new double[WEIGHTS];
    private final double[] first = new double[WEIGHTS];
    private final double[] second = new double[WEIGHTS];
    private int steps;

    PolicyNetwork(double[] weights) {
        if (weights.length != WEIGHTS) {
            throw new IllegalArgumentException("a policy has " + WEIGHTS + " weights, not " + weights.length);
        }
        this.weights = weights.clone();
    }

    /** Weights before any training: hidden units that differ, and no preference. */
    static double[] untrained(RandomGenerator random) {
        double[] weights = new double[WEIGHTS];
        for (int i = 0; i < OUTPUT; i++) {
            weights[i] = random.nextGaussian() * Math.sqrt(1.0 / ChoiceEncoding.WIDTH);
        }
        return weights;
    }

    double[] weights() {
        return weights.clone();
    }

    double[] scores(double[][] rows) {
        double[] scores = new double[rows.length];
        double[] hidden = new double[HIDDEN];
        for (int i = 0; i < rows.length; i++) {
            scores[i] = score(rows[i], hidden);
        }
        return scores;
    }

    private double score(double[] row, double[] hidden) {
        double score = weights[OUTPUT + HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            int at = h * (ChoiceEncoding.WIDTH + 1);
            double sum = weights[at + ChoiceEncoding.WIDTH];
            for (int i = 0; i < row.length; i++) {
                sum += row[i] == 0 ? 0 : weights[at + i] * row[i];
            }
            hidden[h] = Math.tanh(sum);
            score += weights[OUTPUT + h] * hidden[h];
        }
        return score;
    }

    /** Adds to the gradient: how much what is to be made larger grows with the score of this row. */
    void accumulate(double[] row, double derivative) {
        double[] hidden = new double[HIDDEN];
        score(row, hidden);
        gradient[OUTPUT + HIDDEN] += derivative;
        for (int h = 0; h < HIDDEN; h++) {
            gradient[OUTPUT + h] += derivative * hidden[h];
            double inner = derivative * weights[OUTPUT + h] * (1 - hidden[h] * hidden[h]);
            int at = h * (ChoiceEncoding.WIDTH + 1);
            for (int i = 0; i < row.length; i++) {
                gradient[at + i] += inner * row[i];
            }
            gradient[at + ChoiceEncoding.WIDTH] += inner;
        }
    }

    /** One step uphill along the gradient, which is then empty. */
    void step(double rate) {
        steps++;
        double firstScale = 1 - Math.pow(FIRST_DECAY, steps);
        double secondScale = 1 - Math.pow(SECOND_DECAY, steps);
        for (int i = 0; i < WEIGHTS; i++) {
            first[i] = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * gradient[i];
            second[i] = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * gradient[i] * gradient[i];
            weights[i] += rate * (first[i] / firstScale) / (Math.sqrt(second[i] / secondScale) + TINY);
        }
        Arrays.fill(gradient, 0);
    }
}

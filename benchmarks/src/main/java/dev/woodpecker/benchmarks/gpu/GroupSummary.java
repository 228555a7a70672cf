package dev.woodpecker.benchmarks.gpu;

import java.util.Arrays;
import java.util.List;

/**
 * What ratios come to. {@code peers.py} computes the same, and a test compares both.
 *
 * @param geometricMean the usual mean of ratios: of a and 1/a it is 1
 * @param tenthPercentile by linear interpolation between the neighbours
 * @param lost the share of ratios below 1
 */
record GroupSummary(int count, double geometricMean, double tenthPercentile, double best, double worst, double lost) {
    private static final double PERCENTILE = 0.1;

    /** @throws IllegalArgumentException of no ratios */
    static GroupSummary of(List<Double> ratios) {
        if (ratios.isEmpty()) {
            throw new IllegalArgumentException("no ratios");
        }
        double[] sorted =
                ratios.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double logarithms = Arrays.stream(sorted).map(Math::log).sum();
        double at = PERCENTILE * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        double percentile = sorted[below] + (at - below) * (sorted[above] - sorted[below]);
        return new GroupSummary(
                sorted.length,
                Math.exp(logarithms / sorted.length),
                percentile,
                sorted[sorted.length - 1],
                sorted[0],
                (double) Arrays.stream(sorted).filter(ratio -> ratio < 1).count() / sorted.length);
    }
}

package dev.woodpecker.runtime.timing;

import java.util.Arrays;

/**
 * Seconds of repeated runs. The median is the figure to compare; the quartiles say whether a difference means anything.
 *
 * @param count how many runs
 */
public record Distribution(double median, double q1, double q3, double fastest, int count) {
    /** The distribution of {@code seconds}, at least one. */
    public static Distribution of(double... seconds) {
        if (seconds.length == 0) {
            throw new IllegalArgumentException("no times to take a median of");
        }
        double[] sorted = seconds.clone();
        Arrays.sort(sorted);
        return new Distribution(
                quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75), sorted[0], sorted.length);
    }

    /** The value below which {@code fraction} of the sorted values lie, interpolated between neighbours. */
    private static double quantile(double[] sorted, double fraction) {
        double position = fraction * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }

    /** The distance of the quartiles as a share of the median. */
    public double spread() {
        return (q3 - q1) / median;
    }
}

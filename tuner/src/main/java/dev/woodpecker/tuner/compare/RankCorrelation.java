package dev.woodpecker.tuner.compare;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Spearman's rank correlation: 1 for the same order, -1 for the opposite one, 0 for none. */
public final class RankCorrelation {
    private RankCorrelation() {}

    public static double of(double[] a, double[] b) {
        double[] ranksOfA = ranks(a);
        double[] ranksOfB = ranks(b);
        double mean = (a.length - 1) / 2.0;
        double product = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (ranksOfA[i] - mean) * (ranksOfB[i] - mean);
            squaresOfA += (ranksOfA[i] - mean) * (ranksOfA[i] - mean);
            squaresOfB += (ranksOfB[i] - mean) * (ranksOfB[i] - mean);
        }
        // Values that are all equal have no order to agree with.
        return squaresOfA == 0 || squaresOfB == 0 ? 0 : product / Math.sqrt(squaresOfA * squaresOfB);
    }

    /** From 0; equal values share the mean of their ranks. */
    private static double[] ranks(double[] values) {
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] ranks = new double[values.length];
        for (int from = 0; from < order.length; ) {
            int to = from;
            while (to < order.length && values[order[to]] == values[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + to - 1) / 2.0;
            }
            from = to;
        }
        return ranks;
    }
}

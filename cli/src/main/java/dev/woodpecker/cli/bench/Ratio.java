package dev.woodpecker.cli.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How many times as fast one system is as another, from blocks that were timed in turns: the median of the ratios of each
 * pair of blocks, with the 95 % interval of the bootstrap (Efron, 1979) over the pairs. What can be claimed is {@code low}.
 */
public record Ratio(double median, double low, double high) {
    private static final int RESAMPLES = 10_000;
    private static final long SEED = 1;
    private static final double OUTSIDE = 0.025;

    /**
     * @param slower the blocks' times of the system that is compared with
     * @param faster those of the other, in the same order
     */
    public static Ratio of(double[] slower, double[] faster) {
        if (slower.length != faster.length || slower.length == 0) {
            throw new IllegalArgumentException(slower.length + " blocks against " + faster.length);
        }
        double[] ratios = new double[slower.length];
        Arrays.setAll(ratios, block -> slower[block] / faster[block]);
        return ofMedian(ratios);
    }

    /** The median of some values, with the interval of the bootstrap over them. */
    static Ratio ofMedian(double... values) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] medians = new double[RESAMPLES];
        double[] sample = new double[values.length];
        for (int i = 0; i < RESAMPLES; i++) {
            Arrays.setAll(sample, _ -> values[random.nextInt(values.length)]);
            medians[i] = median(sample);
        }
        Arrays.sort(medians);
        int outside = (int) (OUTSIDE * RESAMPLES);
        return new Ratio(median(values), medians[outside], medians[RESAMPLES - 1 - outside]);
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** In another unit. */
    public Ratio scaled(double factor) {
        return new Ratio(median * factor, low * factor, high * factor);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f (%.2f..%.2f)", median, low, high);
    }
}

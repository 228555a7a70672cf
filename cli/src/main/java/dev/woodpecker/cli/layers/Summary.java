package dev.woodpecker.cli.layers;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What ratios of speeds come to.
 *
 * @param weights how much each counts where that is asked for
 */
record Summary(List<Double> ratios, List<Integer> weights) {
    Summary {
        ratios = List.copyOf(ratios);
        weights = List.copyOf(weights);
    }

    double geometricMean(boolean weighted) {
        double sum = 0;
        double count = 0;
        for (int i = 0; i < ratios.size(); i++) {
            int weight = weighted ? weights.get(i) : 1;
            sum += weight * Math.log(ratios.get(i));
            count += weight;
        }
        return Math.exp(sum / count);
    }

    /** The ratio that nine tenths are above, interpolated between neighbours. */
    double tenthPercentile() {
        List<Double> sorted = ratios.stream().sorted().toList();
        double position = 0.1 * (sorted.size() - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.size() - 1);
        return sorted.get(below) + (position - below) * (sorted.get(above) - sorted.get(below));
    }

    /** Which part is below 1. */
    double shareLost(boolean weighted) {
        double lost = IntStream.range(0, ratios.size())
                .filter(i -> ratios.get(i) < 1)
                .mapToDouble(i -> weighted ? weights.get(i) : 1)
                .sum();
        return lost / (weighted ? weights.stream().mapToInt(Integer::intValue).sum() : ratios.size());
    }
}

package dev.woodpecker.tuner.cost;

import java.util.EnumMap;
import java.util.Map;

/** The features of one candidate. */
public record KernelFeatures(Map<Feature, Double> values) {
    public KernelFeatures {
        values = Map.copyOf(values);
    }

    /** 0 for one that was not counted. */
    public double get(Feature feature) {
        return values.getOrDefault(feature, 0.0);
    }

    /** On a scale where equal steps matter equally: amounts by their logarithm. */
    public double scaled(Feature feature) {
        return Math.log(1 + Math.max(0, get(feature)) * (isShare(feature) ? 16 : 1));
    }

    private static boolean isShare(Feature feature) {
        return switch (feature) {
            case VECTOR_SHARE, BUSY_LOADS, BUSY_REGISTERS, BUSY_FIRST_CACHE, BUSY_SECOND_CACHE -> true;
            case FLOPS,
                    COMPUTE_CYCLES,
                    SPILL_CYCLES,
                    LOOP_CYCLES,
                    FIRST_CACHE_BYTES,
                    SECOND_CACHE_BYTES,
                    MEMORY_BYTES,
                    ACCESSES,
                    GATHERED,
                    INDEX_DIVISIONS,
                    CALLS,
                    DIVISIONS,
                    BUSY_ARITHMETIC,
                    BUSY_ACCUMULATORS,
                    BUSY_EXTENT,
                    CODE_SIZE,
                    PARALLEL_EXTENT,
                    PHASES,
                    WORKSPACE_BYTES -> false;
        };
    }

    /** Sums up features while a kernel is looked at. */
    static final class Sum {
        private final EnumMap<Feature, Double> values = new EnumMap<>(Feature.class);

        void add(Feature feature, double amount) {
            values.merge(feature, amount, Double::sum);
        }

        void set(Feature feature, double amount) {
            values.put(feature, amount);
        }

        double get(Feature feature) {
            return values.getOrDefault(feature, 0.0);
        }

        KernelFeatures result() {
            return new KernelFeatures(values);
        }
    }
}

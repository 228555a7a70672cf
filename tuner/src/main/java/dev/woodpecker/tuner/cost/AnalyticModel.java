package dev.woodpecker.tuner.cost;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.tuner.task.Point;

/**
 * Seconds by arithmetic alone: what computing takes and what moving takes, whichever is longer, and part of the other. It is
 * no prediction of a time but an order of candidates: it knows neither the machine's frequency nor its last cache.
 */
public final class AnalyticModel implements Analysis {
    private static final double CYCLES_A_SECOND = 3.3e9;

    /** Bytes a cycle from the second cache, from the last one, and from memory. */
    private static final double SECOND_CACHE_RATE = 32;

    private static final double LAST_CACHE_RATE = 12;
    private static final double MEMORY_RATE = 5;

    /** What does not overlap with the longest part. */
    private static final double EXPOSED = 0.25;

    /** Instructions that the instruction cache holds, at 8 bytes each. */
    private static final double CACHED_INSTRUCTIONS = 4096;

    private static final double PHASE_CYCLES = 3000;
    private static final double SHARE_CYCLES = 60;

    private final Target target;

    public AnalyticModel(Target target) {
        this.target = target;
    }

    @Override
    public double seconds(Point point, KernelFeatures features) {
        return seconds(features);
    }

    public double seconds(KernelFeatures features) {
        double compute = features.get(Feature.COMPUTE_CYCLES) + features.get(Feature.SPILL_CYCLES);
        if (features.get(Feature.CODE_SIZE) > CACHED_INSTRUCTIONS / 2) {
            compute *= 1.5;
        }
        double[] parts = {
            compute,
            features.get(Feature.FIRST_CACHE_BYTES) / SECOND_CACHE_RATE,
            features.get(Feature.SECOND_CACHE_BYTES) / LAST_CACHE_RATE,
            features.get(Feature.MEMORY_BYTES) / MEMORY_RATE
        };
        double longest = 0;
        double all = 0;
        for (double part : parts) {
            longest = Math.max(longest, part);
            all += part;
        }
        double cycles = longest
                + EXPOSED * (all - longest)
                + features.get(Feature.LOOP_CYCLES)
                + features.get(Feature.PHASES) * PHASE_CYCLES
                + Math.min(features.get(Feature.PARALLEL_EXTENT), 1e6) * SHARE_CYCLES;
        return cycles / CYCLES_A_SECOND / (target.isCuda() ? target.units() : 1);
    }
}

package dev.woodpecker.cli.soak;

import java.util.Arrays;

/** How long runs took, in buckets of 1/16 of a power of two, so that a million runs take no more memory than ten. */
final class Latencies {
    private static final int PARTS = 16;

    private final long[] counts = new long[64 * PARTS];

    void add(long nanoseconds) {
        counts[bucket(nanoseconds)]++;
    }

    void addAll(Latencies others) {
        Arrays.setAll(counts, i -> counts[i] + others.counts[i]);
    }

    long count() {
        return Arrays.stream(counts).sum();
    }

    /** The time, within 1/16, that a share of the runs did not exceed; 0 if there are none. */
    double quantileSeconds(double share) {
        long below = (long) Math.ceil(share * count());
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= below && seen > 0) {
                return upperEdge(i) * 1e-9;
            }
        }
        return 0;
    }

    private static int bucket(long nanoseconds) {
        if (nanoseconds < PARTS) {
            return (int) Math.max(0, nanoseconds);
        }
        int power = 63 - Long.numberOfLeadingZeros(nanoseconds);
        int part = (int) (nanoseconds >>> (power - 4)) - PARTS;
        return (power - 3) * PARTS + part;
    }

    private static double upperEdge(int bucket) {
        if (bucket < PARTS) {
            return bucket;
        }
        int power = bucket / PARTS + 3;
        return (double) (PARTS + bucket % PARTS + 1) * (1L << (power - 4));
    }
}

package dev.woodpecker.tuner.measure;

/**
 * How candidates are timed and what they may take.
 *
 * @param threads that a candidate runs on
 * @param runs counted for a candidate that keeps up with the best one
 * @param seconds how long at most to time one candidate
 * @param finalRuns counted for a finalist
 * @param firstSeconds how long a run may last while no time of the task is known
 * @param leastSeconds how long a run may last at least, however fast the best one is
 * @param memoryBytes that the worker may take beyond the buffers of the candidate
 */
public record MeasureOptions(
        int threads,
        int runs,
        double seconds,
        int finalRuns,
        double firstSeconds,
        double leastSeconds,
        long memoryBytes) {
    /** A candidate may be this many times slower than the best one before it is stopped. */
    static final double SLOWEST = 20;

    public MeasureOptions {
        if (threads < 1 || runs < 1 || finalRuns < 1 || seconds <= 0 || firstSeconds <= 0 || leastSeconds <= 0) {
            throw new IllegalArgumentException("threads %d, runs %d and %d, seconds %s, %s and %s: all must be above 0"
                    .formatted(threads, runs, finalRuns, seconds, firstSeconds, leastSeconds));
        }
    }

    /** For searches: a dozen runs or a tenth of a second a candidate. */
    public static MeasureOptions of(int threads) {
        return new MeasureOptions(threads, 12, 0.1, 24, 10, 2, 1L << 30);
    }

    /** For searches on a device: some samples of a millisecond and a half, or a twentieth of a second a candidate. */
    public static MeasureOptions ofDevice() {
        return new MeasureOptions(1, 7, 0.05, 14, 10, 5, 16L << 30);
    }

    /** The same for kernels that a processor executes in the place of a device, a million times as slowly. */
    public static MeasureOptions ofEmulatedDevice() {
        return new MeasureOptions(1, 3, 0.5, 4, 60, 20, 8L << 30);
    }

    /** How long a run may last. */
    double limitSeconds(double bestSeconds) {
        return bestSeconds > 0 ? Math.max(leastSeconds, SLOWEST * bestSeconds) : firstSeconds;
    }
}

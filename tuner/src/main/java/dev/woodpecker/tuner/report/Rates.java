package dev.woodpecker.tuner.report;

import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Locale;

/**
 * Speeds of tasks. Operations are counted as the task's first variant needs them, whatever the variant that runs, so that
 * speeds of variants can be compared; one that needs fewer may be above the peak.
 *
 * @param peakGigaflopsPerSecond what shares are shares of
 * @param peak which peak that is
 * @param machine what times are of
 */
public record Rates(double peakGigaflopsPerSecond, String peak, String machine) {
    /** 10^9 operations a second. */
    public static double gigaflopsPerSecond(TuningTask task, double seconds) {
        return flops(task) / seconds * 1e-9;
    }

    static double flops(TuningTask task) {
        return Cost.of(task.variants().getFirst().program()).flops();
    }

    /** In percent. */
    public double percentOfPeak(TuningTask task, double seconds) {
        return 100 * gigaflopsPerSecond(task, seconds) / peakGigaflopsPerSecond;
    }

    /** {@code 1.234 ms}, {@code 56.7 us}. */
    static String time(double seconds) {
        return seconds >= 1e-3
                ? String.format(Locale.ROOT, "%.3f ms", seconds * 1e3)
                : String.format(Locale.ROOT, "%.2f us", seconds * 1e6);
    }

    /** {@code 7:05} for a time left. */
    static String clock(double seconds) {
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}

package dev.woodpecker.tuner.measure;

import java.util.ArrayDeque;

/** What recent anchors took, relative to their best: whether the machine is disturbed, or has become slower. */
final class Slowness {
    /** So many slow anchors in a row are no burst. */
    private static final int LASTING = 8;

    /** An anchor that takes no more than so many times its best tells of no disturbance. */
    private static final double UNDISTURBED = 1.1;

    /** Beyond this it is not the machine's speed that differs. */
    private static final double MOST = 2.5;

    private final ArrayDeque<Double> ratios = new ArrayDeque<>();

    static boolean isDisturbed(double seconds, double best) {
        return seconds > UNDISTURBED * best;
    }

    void observe(double seconds, double best) {
        ratios.addLast(seconds / best);
        if (ratios.size() > LASTING) {
            ratios.removeFirst();
        }
    }

    /** What to multiply times by: 1, unless the machine has been slower for long; then by the least of that. */
    double scale() {
        boolean lasts = ratios.size() == LASTING && ratios.stream().allMatch(ratio -> ratio > UNDISTURBED);
        double least = ratios.stream().mapToDouble(Double::doubleValue).min().orElse(1);
        return lasts ? 1 / Math.min(least, MOST) : 1;
    }
}

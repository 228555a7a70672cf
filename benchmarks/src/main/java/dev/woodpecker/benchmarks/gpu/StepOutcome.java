package dev.woodpecker.benchmarks.gpu;

import java.nio.file.Path;
import java.util.List;

/**
 * How a step ended when it was last tried.
 *
 * @param outcome for people: {@code done}, or why not
 */
record StepOutcome(String step, String outcome, double seconds) {
    private static final String JOURNAL = "steps";

    static List<StepOutcome> all(Path results) {
        return StepJournal.open(results, JOURNAL).rows(StepOutcome.class);
    }

    /** In the place of what was known of the step. */
    void write(Path results) {
        StepJournal.open(results, JOURNAL).finish(step, this);
    }
}

package dev.woodpecker.tuner.run;

import java.util.HashMap;
import java.util.Map;

/** Foresees how long things take from how long they took, so that nothing is begun that the budget would not see ended. */
final class Pace {
    /** At most this share of a budget is kept for the finals. */
    private static final double FINALS_SHARE = 0.35;

    /** Until a task's trials have been timed. */
    private static final double TRIAL_SECONDS = 0.5;

    /** Finals: settling, and for each finalist compiling for these shapes alone. */
    private static final double FINALS_SECONDS = 0.3;

    private static final double FINALIST_SECONDS = 0.7;

    /** Finals: runs of each finalist. */
    private static final double FINALIST_RUNS = 26;

    /** What a new time counts in a running average. */
    private static final double NEW_SHARE = 0.3;

    /** What is foreseen is an average; a batch may well take longer. */
    private static final double CAUTION = 1.5;

    private final Clock clock;
    private final double budgetSeconds;
    private final Map<TaskState, Double> secondsPerTrial = new HashMap<>();
    private double allSecondsPerTrial = TRIAL_SECONDS;
    /** How much longer finals take than foreseen. */
    private double finalsFactor = 1;

    Pace(Clock clock, double budgetSeconds) {
        this.clock = clock;
        this.budgetSeconds = budgetSeconds;
    }

    double secondsLeft(double reservedSeconds) {
        return budgetSeconds - reservedSeconds - clock.seconds();
    }

    double mostFinalsSeconds() {
        return FINALS_SHARE * budgetSeconds;
    }

    /** How many of {@code points} points can be measured before only {@code reservedSeconds} are left. */
    int affordable(TaskState state, int points, double reservedSeconds) {
        double each = CAUTION * secondsPerTrial.getOrDefault(state, allSecondsPerTrial);
        return (int) Math.clamp(Math.floor(secondsLeft(reservedSeconds) / each), 0, points);
    }

    /** A task's first trial is no measure of the others: what they are compared with is made then. */
    void took(TaskState state, int points, double seconds) {
        if (state.trials() == 0) {
            return;
        }
        double each = seconds / points;
        allSecondsPerTrial = mixed(allSecondsPerTrial, each);
        secondsPerTrial.merge(state, each, Pace::mixed);
    }

    /**
     * How long the finals of a task will take.
     *
     * @param challengers of the default
     */
    double finalsSeconds(TaskState state, int challengers) {
        return finalsFactor * foreseen(state, challengers);
    }

    void finalsTook(TaskState state, int challengers, double seconds) {
        finalsFactor = mixed(finalsFactor, Math.clamp(seconds / foreseen(state, challengers), 0.1, 10));
    }

    private static double foreseen(TaskState state, int challengers) {
        double slowest =
                state.standard().or(state::best).map(t -> t.seconds().median()).orElse(0.0);
        return FINALS_SECONDS + (challengers + 1) * (FINALIST_SECONDS + FINALIST_RUNS * slowest);
    }

    private static double mixed(double old, double recent) {
        return (1 - NEW_SHARE) * old + NEW_SHARE * recent;
    }
}

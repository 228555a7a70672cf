package dev.woodpecker.tuner.run;

import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Comparator;
import java.util.List;

/**
 * Decides which task goes on: the one whose next second is expected to save the model most. The expectation is that of
 * Ansor (arXiv 2006.06762, section 6): partly how fast the task got better lately, partly the optimistic guess that what is
 * left to the machine's peak will be found in as many trials again as it has had. It depends on outcomes alone, never on
 * the clock, so that the same measured times lead to the same order.
 *
 * @param peakFlopsPerSecond the measured peak of the threads in use
 */
record TaskScheduler(double peakFlopsPerSecond) {
    /** The share of what was seen in what is expected; Ansor's alpha. */
    private static final double TRUST_IN_HISTORY = 0.2;

    /** Over how many of the last trials progress is looked at. */
    private static final int WINDOW = 24;

    /** What is left to gain where the peak says that nothing is: algorithms with fewer operations go beyond it. */
    private static final double LEAST_HEADROOM = 0.05;

    /** Lowering, compiling and checking a candidate, on average. */
    private static final double TRIAL_SECONDS = 0.3;

    /** Runs of a candidate in a trial, on average. */
    private static final double TRIAL_RUNS = 20;

    /** A failed trial costs its compilation, and often a worker. */
    private static final double FAILURE_SECONDS = 0.5;

    static double charge(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Timed(Distribution seconds) -> TRIAL_SECONDS + TRIAL_RUNS * seconds.median();
            case Outcome.Failed _ -> FAILURE_SECONDS;
        };
    }

    /** The time that the task would take at the peak, in seconds. */
    double boundSeconds(TuningTask task) {
        return Cost.of(task.variants().getFirst().program()).flops() / peakFlopsPerSecond;
    }

    /** The task to go on with; of equal ones the first. */
    TaskState next(List<TaskState> candidates) {
        return candidates.stream()
                .max(Comparator.comparingDouble(this::gain)
                        .thenComparing(candidates::indexOf, Comparator.reverseOrder()))
                .orElseThrow();
    }

    /** Seconds of the model's run expected to be saved by a second of search. */
    double gain(TaskState state) {
        if (state.best().isEmpty()) {
            // Without any time, the first one is what matters; without success after some trials, it is not to be had.
            return state.trials() < WINDOW ? Double.MAX_VALUE : 0;
        }
        double best = state.best().get().seconds().median();
        List<Double> history = state.bestAfterTrial();
        int window = Math.min(WINDOW, history.size() - 1);
        double seen = window < 1 ? 0 : (history.get(history.size() - 1 - window) - best) / window;
        double headroom = Math.max(best - boundSeconds(state.task()), LEAST_HEADROOM * best);
        int trials = Math.max(1, state.trials());
        double expected = TRUST_IN_HISTORY * seen + (1 - TRUST_IN_HISTORY) * headroom / trials;
        double secondsPerTrial = state.trials() == 0 ? TRIAL_SECONDS : state.chargedSeconds() / state.trials();
        return state.task().weight() * expected / secondsPerTrial;
    }
}

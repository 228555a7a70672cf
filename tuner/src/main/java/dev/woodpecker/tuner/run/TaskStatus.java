package dev.woodpecker.tuner.run;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far a task is.
 *
 * @param trials points measured in this run
 * @param known points that earlier runs had measured
 * @param failures how many points failed in which way
 * @param standing what is known of {@code best}
 * @param standard the time of the default schedule
 * @param best the fastest point so far, the default's where nothing is faster
 */
public record TaskStatus(
        TuningTask task,
        int trials,
        int known,
        Map<Failure, Integer> failures,
        Standing standing,
        Optional<Distribution> standard,
        Optional<TimedPoint> best) {
    /** What is known of a task's best point. */
    public enum Standing {
        /** Nothing has a time, not even the default. */
        UNTIMED("nothing could be timed"),
        /** Nothing is faster than the default. */
        DEFAULT("default"),
        /** Faster in the search, and not compared with the default again. */
        UNCONFIRMED("faster, not confirmed"),
        /** Faster than the default when both ran in turns. */
        FASTER("faster");

        private final String text;

        Standing(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    public TaskStatus {
        failures = java.util.Collections.unmodifiableMap(new TreeMap<>(failures));
    }

    public int failed() {
        return failures.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** How many times faster than the default; 1 where either has no time. */
    public double gain() {
        return standard.isPresent() && best.isPresent()
                ? standard.get().median() / best.get().seconds().median()
                : 1;
    }
}

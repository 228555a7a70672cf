package dev.woodpecker.tuner.run;

import java.util.List;

/**
 * How far a run is.
 *
 * @param secondsUsed of the budget
 * @param current the task that is measured now, its position in {@code tasks}; -1 for none
 */
public record TuningStatus(Phase phase, double secondsUsed, double budgetSeconds, int current, List<TaskStatus> tasks) {
    /** What a run does, in order. */
    public enum Phase {
        /** Times each task's default schedule. */
        DEFAULTS,
        /** Searches. */
        SEARCH,
        /** Compares each task's best with its default, in turns. */
        FINALS,
        /** Nothing more. */
        DONE
    }

    public TuningStatus {
        tasks = List.copyOf(tasks);
    }

    public double secondsLeft() {
        return Math.max(0, budgetSeconds - secondsUsed);
    }
}

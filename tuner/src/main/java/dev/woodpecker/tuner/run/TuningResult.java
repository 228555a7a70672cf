package dev.woodpecker.tuner.run;

import java.util.List;

/**
 * What a run has come to.
 *
 * @param ending why it is over
 * @param unkept outcomes that could not be written to the records
 */
public record TuningResult(List<TaskStatus> tasks, double secondsUsed, Ending ending, int unkept) {
    /** Why a run is over. */
    public enum Ending {
        BUDGET("the budget is used up"),
        SEARCHED("every search has ended"),
        STOPPED("stopped by the user");

        private final String text;

        Ending(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    public TuningResult {
        tasks = List.copyOf(tasks);
    }

    /** One run of the model's tasks with their default schedules, in seconds; of those that have a time. */
    public double standardSeconds() {
        return tasks.stream()
                .filter(task -> task.best().isPresent())
                .mapToDouble(task -> task.task().weight()
                        * task.standard().orElse(task.best().get().seconds()).median())
                .sum();
    }

    /** One run of the model's tasks with their best schedules, in seconds; of those that have a time. */
    public double bestSeconds() {
        return tasks.stream()
                .flatMap(task -> task.best().stream()
                        .map(best -> task.task().weight() * best.seconds().median()))
                .mapToDouble(Double::doubleValue)
                .sum();
    }
}

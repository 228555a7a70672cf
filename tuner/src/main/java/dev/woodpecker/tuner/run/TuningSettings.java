package dev.woodpecker.tuner.run;

import dev.woodpecker.tuner.search.Search;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.function.Function;

/**
 * What a run may do.
 *
 * @param search of a task
 * @param budgetSeconds of wall-clock time, the finals' included
 * @param trials of each task, at most
 * @param batch candidates that are handed to the measurer at a time: enough to keep its compilers busy
 * @param peakFlopsPerSecond the measured peak of the threads in use
 */
public record TuningSettings(
        Function<TuningTask, Search> search,
        double budgetSeconds,
        int trials,
        long seed,
        int batch,
        double peakFlopsPerSecond) {
    public TuningSettings {
        if (!(budgetSeconds > 0) || trials < 1 || batch < 1 || !(peakFlopsPerSecond > 0)) {
            throw new IllegalArgumentException("budget " + budgetSeconds + " s, " + trials + " trials, batch " + batch
                    + ", peak " + peakFlopsPerSecond + ": all must be above 0");
        }
    }
}

package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.task.SearchSpace;
import java.util.random.RandomGenerator;

/** A way to look for the fastest point of a space. */
@FunctionalInterface
public interface Search {
    /**
     * Looks until it has nothing more to try, or {@link Trials#measure} throws {@link SearchEnded}, which passes through.
     * The same random numbers and the same outcomes lead to the same points.
     */
    void run(SearchSpace space, Trials trials, RandomGenerator random);
}

package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Every point, in order. */
final class ExhaustiveSearch implements Search {
    private static final int BATCH = 8;

    @Override
    public void run(SearchSpace space, Trials trials, RandomGenerator random) {
        Journal journal = new Journal(trials);
        Enumeration points = new Enumeration(space);
        while (points.hasNext()) {
            List<Point> batch = new ArrayList<>();
            while (points.hasNext() && batch.size() < Math.clamp(journal.remaining(), 1, BATCH)) {
                batch.add(points.next());
            }
            journal.measure(batch);
        }
    }
}

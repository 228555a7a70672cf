package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Points drawn without looking at results, none twice: what every other search has to beat. */
final class RandomSearch implements Search {
    private static final int BATCH = 8;

    @Override
    public void run(SearchSpace space, Trials trials, RandomGenerator random) {
        Journal journal = new Journal(trials);
        Sampler sampler = new Sampler(space, random);
        while (true) {
            List<Point> batch = new ArrayList<>();
            Set<Map<String, Long>> inBatch = new HashSet<>();
            while (batch.size() < BATCH) {
                var point = sampler.next(p -> journal.isNew(p) && inBatch.add(p.decisionsByName()));
                if (point.isEmpty()) {
                    break;
                }
                batch.add(point.get());
            }
            if (batch.isEmpty()) {
                return;
            }
            journal.measure(batch);
        }
    }
}

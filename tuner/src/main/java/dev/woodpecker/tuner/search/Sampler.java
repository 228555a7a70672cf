package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** Draws points of a space: at each choice all values are equally likely. */
record Sampler(SearchSpace space, RandomGenerator random) {
    /** Draws in a row without anything new, after which a space counts as used up. */
    private static final int PATIENCE = 256;

    Point next() {
        return space.point(chooser(random));
    }

    /** A point that passes; none if many in a row did not. */
    Optional<Point> next(Predicate<Point> wanted) {
        for (int i = 0; i < PATIENCE; i++) {
            Point point = next();
            if (wanted.test(point)) {
                return Optional.of(point);
            }
        }
        return Optional.empty();
    }

    static Chooser chooser(RandomGenerator random) {
        return choice -> {
            List<Long> domain = choice.domain();
            return domain.get(random.nextInt(domain.size()));
        };
    }
}

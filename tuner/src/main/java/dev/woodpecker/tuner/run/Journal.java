package dev.woodpecker.tuner.run;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.Optional;

/** What lasts longer than a run: the outcomes of this one and of earlier ones. */
public interface Journal {
    /** Keeps nothing and knows nothing. */
    Journal NONE = new Journal() {
        @Override
        public Optional<Outcome> earlier(TuningTask task, Point point) {
            return Optional.empty();
        }

        @Override
        public void measured(TuningTask task, Point point, Outcome outcome) {}

        @Override
        public void confirmed(TuningTask task, Point point, Distribution seconds) {}
    };

    /** What an earlier run found out about a point, if this one may build on it. */
    Optional<Outcome> earlier(TuningTask task, Point point);

    /**
     * Keeps an outcome of the search.
     *
     * @throws java.io.UncheckedIOException if it cannot be kept
     */
    void measured(TuningTask task, Point point, Outcome outcome);

    /**
     * Keeps the point that the finals found fastest, with the time that it had there.
     *
     * @throws java.io.UncheckedIOException if it cannot be kept
     */
    void confirmed(TuningTask task, Point point, Distribution seconds);
}

package dev.woodpecker.tuner.run;

import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Writes outcomes to the journal as they come. Where that fails, since a disk is full for instance, the run goes on and
 * what was not written is tried again.
 */
final class PendingRecords {
    private final Journal journal;
    private final Progress progress;
    private final Deque<Runnable> unkept = new ArrayDeque<>();

    PendingRecords(Journal journal, Progress progress) {
        this.journal = journal;
        this.progress = progress;
    }

    Optional<Outcome> earlier(TuningTask task, Point point) {
        return journal.earlier(task, point);
    }

    void measured(TuningTask task, Point point, Outcome outcome) {
        keep(() -> journal.measured(task, point, outcome));
    }

    void confirmed(TuningTask task, TimedPoint winner) {
        keep(() -> journal.confirmed(task, winner.point(), winner.seconds()));
    }

    int unkept() {
        return unkept.size();
    }

    /** Tries once more to write what could not be written before. */
    void retry() {
        while (!unkept.isEmpty()) {
            try {
                unkept.getFirst().run();
                unkept.removeFirst();
            } catch (UncheckedIOException _) {
                return;
            }
        }
    }

    private void keep(Runnable write) {
        boolean first = unkept.isEmpty();
        try {
            retry();
            if (unkept.isEmpty()) {
                write.run();
                return;
            }
        } catch (UncheckedIOException failure) {
            if (first) {
                progress.warn("the records cannot be written, the run goes on without: " + failure.getMessage());
            }
        }
        unkept.addLast(write);
    }
}

package dev.woodpecker.tuner.measure;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.List;

/** Measures candidates of a task. */
public interface Measurer extends AutoCloseable {
    /** What became of each point, in order; never throws for what a candidate does. */
    List<Outcome> measure(TuningTask task, List<Point> points);

    @Override
    void close();
}

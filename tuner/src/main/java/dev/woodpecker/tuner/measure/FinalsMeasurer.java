package dev.woodpecker.tuner.measure;

import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.List;

/** Measures candidates by themselves, and some few against each other. */
public interface FinalsMeasurer extends Measurer {
    /** Runs the points in turns, so that a drift of the machine touches all alike; outcomes in their order. */
    List<Outcome> finals(TuningTask task, List<Point> points);
}

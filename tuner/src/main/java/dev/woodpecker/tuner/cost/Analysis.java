package dev.woodpecker.tuner.cost;

import dev.woodpecker.tuner.task.Point;

/** Orders candidates by arithmetic, before any is measured. */
@FunctionalInterface
public interface Analysis {
    /** To compare with those of the task's other points, and with nothing else. */
    double seconds(Point point, KernelFeatures features);
}

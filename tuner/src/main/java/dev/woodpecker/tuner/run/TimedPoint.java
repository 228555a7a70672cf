package dev.woodpecker.tuner.run;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.task.Point;

/** A point with its time. */
public record TimedPoint(Point point, Distribution seconds) {}

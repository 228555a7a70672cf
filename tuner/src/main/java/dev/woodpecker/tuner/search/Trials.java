package dev.woodpecker.tuner.search;

import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import java.util.List;

/** Where a search has its candidates measured, one or several at a time. */
public interface Trials {
    /**
     * What became of each point, in order. A point that was measured before costs nothing and is answered from memory;
     * one that the rules reject is answered at once.
     *
     * @throws SearchEnded when the budget is used up; what was measured until then is kept
     */
    List<Outcome> measure(List<Point> points);

    /** How many more distinct points may be measured; large where only time is limited. */
    int remaining();
}

package dev.woodpecker.tuner.search;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * All points of a space, each once, depth first: the last choice changes fastest. Choices are found by answering them, so
 * that only the path to the point at hand is kept.
 */
public final class Enumeration implements Iterator<Point> {
    private final SearchSpace space;

    /** The positions in their domains of the next point's first decisions; those after it begin at 0. */
    private Optional<List<Integer>> next = Optional.of(List.of());

    public Enumeration(SearchSpace space) {
        this.space = space;
    }

    @Override
    public boolean hasNext() {
        return next.isPresent();
    }

    @Override
    public Point next() {
        Point point = space.point(replay(next.orElseThrow(NoSuchElementException::new)));
        next = successor(point.decisions());
        return point;
    }

    private static Chooser replay(List<Integer> positions) {
        Iterator<Integer> remaining = positions.iterator();
        return choice -> choice.domain().get(remaining.hasNext() ? remaining.next() : 0);
    }

    private static Optional<List<Integer>> successor(List<Decision> decisions) {
        List<Integer> positions = new ArrayList<>();
        decisions.forEach(decision -> positions.add(decision.point().domain().indexOf(decision.value())));
        while (!positions.isEmpty()) {
            int last = positions.removeLast() + 1;
            if (last < decisions.get(positions.size()).point().domain().size()) {
                positions.add(last);
                return Optional.of(positions);
            }
        }
        return Optional.empty();
    }
}

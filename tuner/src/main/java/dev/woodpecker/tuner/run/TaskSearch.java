package dev.woodpecker.tuner.run;

import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.search.Search;
import dev.woodpecker.tuner.search.SearchEnded;
import dev.woodpecker.tuner.search.Trials;
import dev.woodpecker.tuner.task.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;

/**
 * A task's search, as a program of its own that stands still while others go on: it runs in a thread until it wants points
 * measured, hands them over, and goes on when it gets the outcomes.
 */
final class TaskSearch implements Trials {
    /** A search that asks so many times in a row for what is known already has come to its end. */
    private static final int MOST_QUESTIONS_WITHOUT_NEWS = 5_000;

    private static final long PATIENCE_MILLISECONDS = 50;

    private final TaskState state;
    private final Function<Point, Optional<Outcome>> earlier;
    private final int trials;
    private final IntSupplier affordable;
    private final SynchronousQueue<Optional<List<Point>>> questions = new SynchronousQueue<>();
    private final SynchronousQueue<Boolean> answers = new SynchronousQueue<>();
    private final Thread thread;
    private volatile Optional<RuntimeException> failure = Optional.empty();
    private volatile boolean ended;
    private boolean asks;
    private int questionsWithoutNews;

    /**
     * @param earlier what earlier runs know of a point
     * @param trials how many points may be measured
     * @param affordable how many may be handed over at a time; none when the time is over
     */
    TaskSearch(
            TaskState state,
            Search search,
            RandomGenerator random,
            Function<Point, Optional<Outcome>> earlier,
            int trials,
            IntSupplier affordable) {
        this.state = state;
        this.earlier = earlier;
        this.trials = trials;
        this.affordable = affordable;
        this.thread = Thread.ofVirtual().name("search " + state.task().name()).unstarted(() -> search(search, random));
    }

    private void search(Search search, RandomGenerator random) {
        try {
            search.run(this::point, this, random);
        } catch (SearchEnded _) {
            // As it was told.
        } catch (RuntimeException defect) {
            failure = Optional.of(defect);
        }
        try {
            questions.put(Optional.empty());
        } catch (InterruptedException _) {
            // Nobody waits for it any more.
        }
    }

    /** A search that is ended while it thinks must not disturb what is timed after it. */
    private Point point(Chooser chooser) {
        if (ended) {
            throw new SearchEnded();
        }
        return state.space().point(chooser);
    }

    TaskState state() {
        return state;
    }

    /** Why it ended before its time, if it did. */
    Optional<RuntimeException> failure() {
        return failure;
    }

    /**
     * Lets the search go on until it wants points measured. The outcomes of those it wanted last are in the task's state.
     *
     * @param patient asked from time to time whether to wait on; when not, the search is ended
     * @return the points, or nothing when the search has ended
     */
    Optional<List<Point>> next(BooleanSupplier patient) throws InterruptedException {
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
        if (asks) {
            asks = false;
            answers.put(true);
        }
        while (patient.getAsBoolean()) {
            Optional<List<Point>> question = questions.poll(PATIENCE_MILLISECONDS, TimeUnit.MILLISECONDS);
            if (question != null) {
                ended = question.isEmpty();
                asks = !ended;
                return question;
            }
        }
        end();
        return Optional.empty();
    }

    void end() {
        ended = true;
        thread.interrupt();
    }

    @Override
    public List<Outcome> measure(List<Point> points) {
        List<Point> unknown = new ArrayList<>();
        for (Point point : points) {
            if (outcome(point).isEmpty() && unknown.stream().noneMatch(other -> TaskState.isSame(other, point))) {
                unknown.add(point);
            }
        }
        questionsWithoutNews = unknown.isEmpty() ? questionsWithoutNews + 1 : 0;
        if (questionsWithoutNews > MOST_QUESTIONS_WITHOUT_NEWS) {
            throw new SearchEnded();
        }
        int asked = 0;
        while (asked < unknown.size()) {
            int size = Math.min(unknown.size() - asked, Math.min(affordable.getAsInt(), remaining()));
            if (size == 0) {
                throw new SearchEnded();
            }
            ask(unknown.subList(asked, asked + size));
            asked += size;
        }
        return points.stream().map(point -> outcome(point).orElseThrow()).toList();
    }

    private Optional<Outcome> outcome(Point point) {
        Optional<Outcome> found = state.outcome(point);
        if (found.isPresent()) {
            return found;
        }
        if (point.result() instanceof SpacePoint.Rejected rejected) {
            state.rejected(point, new Failed(Failure.REJECTED, rejected.reason()));
        } else {
            earlier.apply(point).ifPresent(known -> state.recalled(point, known));
        }
        return state.outcome(point);
    }

    private void ask(List<Point> points) {
        try {
            questions.put(Optional.of(List.copyOf(points)));
            answers.take();
        } catch (InterruptedException _) {
            throw new SearchEnded();
        }
    }

    @Override
    public int remaining() {
        return Math.max(0, trials - state.trials());
    }
}

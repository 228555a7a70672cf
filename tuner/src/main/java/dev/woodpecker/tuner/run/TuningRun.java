package dev.woodpecker.tuner.run;

import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.FinalsMeasurer;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.run.TuningResult.Ending;
import dev.woodpecker.tuner.run.TuningStatus.Phase;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;

/**
 * Tunes the tasks of a model under a budget of time. First every task's default is timed, so that there is a result from
 * then on; then the task from which most is expected goes on, a batch of candidates at a time; at last each task's best and
 * its default run in turns, and only what is faster there replaces the default.
 */
public final class TuningRun {
    /** Several, since the fastest of many measured times is the luckiest too. */
    private static final int FINALISTS = 4;

    /** What is faster by less is as good as equal, and the default is the simpler schedule. */
    private static final double LEAST_GAIN = 1.01;

    /** Starting Java, which the clock does not see; closing the workers, and printing. */
    private static final double CLOSING_SECONDS = 0.8;

    private final List<TaskState> states;
    private final TuningSettings settings;
    private final FinalsMeasurer measurer;
    private final PendingRecords records;
    private final Progress progress;
    private final Clock clock;
    private final TaskScheduler scheduler;
    private final Pace pace;
    private volatile boolean stopped;
    /** Whether a search had to end since no time was left for its next candidates. */
    private volatile boolean budgetEnded;

    private Phase phase = Phase.DEFAULTS;

    /**
     * @param clock began with the budget
     */
    public TuningRun(
            List<TuningTask> tasks,
            TuningSettings settings,
            FinalsMeasurer measurer,
            Journal journal,
            Progress progress,
            Clock clock) {
        this(tasks, SearchSpace::of, settings, measurer, journal, progress, clock);
    }

    /**
     * The same in other spaces than those of the rules.
     */
    public TuningRun(
            List<TuningTask> tasks,
            Function<TuningTask, SearchSpace> spaces,
            TuningSettings settings,
            FinalsMeasurer measurer,
            Journal journal,
            Progress progress,
            Clock clock) {
        this.scheduler = new TaskScheduler(settings.peakFlopsPerSecond());
        this.states = tasks.stream()
                .map(task -> new TaskState(task, spaces.apply(task)))
                .toList();
        this.settings = settings;
        this.measurer = measurer;
        this.records = new PendingRecords(journal, progress);
        this.progress = progress;
        this.clock = clock;
        this.pace = new Pace(clock, settings.budgetSeconds());
    }

    /** Ends the run soon: what is being measured is waited for, all that was measured is kept. For any thread. */
    public void stop() {
        stopped = true;
    }

    /** Runs until the budget is used up, every search has ended, or {@link #stop}. */
    public TuningResult run() throws InterruptedException {
        report(-1);
        measureStandards();
        phase = Phase.SEARCH;
        boolean searched = search();
        phase = Phase.FINALS;
        finals();
        phase = Phase.DONE;
        records.retry();
        report(-1);
        Ending ending = stopped ? Ending.STOPPED : searched ? Ending.SEARCHED : Ending.BUDGET;
        return new TuningResult(statuses(), clock.seconds(), ending, records.unkept());
    }

    /** Those that the model spends most in first. */
    private void measureStandards() {
        List<TaskState> heaviestFirst = states.stream()
                .sorted(Comparator.comparingDouble(
                        state -> -state.task().weight() * scheduler.boundSeconds(state.task())))
                .toList();
        for (TaskState state : heaviestFirst) {
            Point point = state.standardPoint();
            if (point.result() instanceof SpacePoint.Rejected rejected) {
                state.rejected(point, new Outcome.Failed(Failure.REJECTED, rejected.reason()));
                continue;
            }
            Optional<Outcome> known = records.earlier(state.task(), point);
            if (known.isPresent()) {
                state.recalled(point, known.get());
            } else if (!stopped && pace.secondsLeft(0) > 0) {
                measure(state, List.of(point));
            }
        }
    }

    /** Whether every search came to its end, and not the budget. */
    private boolean search() throws InterruptedException {
        List<TaskSearch> searches = searches();
        Map<TaskState, TaskSearch> byState = new HashMap<>();
        searches.forEach(search -> byState.put(search.state(), search));
        List<TaskState> open = new ArrayList<>(byState.keySet().size());
        searches.forEach(search -> open.add(search.state()));
        boolean fits = true;
        while (fits && !open.isEmpty()) {
            TaskState state = scheduler.next(open);
            TaskSearch search = Objects.requireNonNull(byState.get(state));
            Optional<List<Point>> question = search.next(this::mayGoOn);
            if (question.isEmpty()) {
                search.failure()
                        .ifPresent(defect -> progress.warn(state.task().name() + ": the search ended by " + defect));
                open.remove(state);
                fits = mayGoOn();
                continue;
            }
            measure(state, question.get());
            fits = mayGoOn();
        }
        searches.forEach(TaskSearch::end);
        return open.isEmpty() && fits && !budgetEnded;
    }

    private List<TaskSearch> searches() {
        RandomGeneratorFactory<RandomGenerator> generators = RandomGeneratorFactory.of("L64X128MixRandom");
        List<TaskSearch> searches = new ArrayList<>();
        for (TaskState state : states) {
            // Each task's numbers are its own, whatever other tasks there are.
            RandomGenerator random =
                    generators.create(settings.seed() * 31 + state.task().name().hashCode());
            searches.add(new TaskSearch(
                    state,
                    settings.search().apply(state.task()),
                    random,
                    point -> records.earlier(state.task(), point),
                    settings.trials(),
                    () -> affordable(state)));
        }
        return searches;
    }

    private int affordable(TaskState state) {
        int points = stopped ? 0 : pace.affordable(state, settings.batch(), finalsSeconds());
        budgetEnded |= points == 0;
        return points;
    }

    private boolean mayGoOn() {
        return !stopped && pace.secondsLeft(finalsSeconds()) > 0;
    }

    private void measure(TaskState state, List<Point> points) {
        report(states.indexOf(state));
        double begin = clock.seconds();
        List<Outcome> outcomes = measurer.measure(state.task(), points);
        pace.took(state, points.size(), clock.seconds() - begin);
        for (int i = 0; i < points.size(); i++) {
            state.measured(points.get(i), outcomes.get(i));
            records.measured(state.task(), points.get(i), outcomes.get(i));
        }
        report(states.indexOf(state));
    }

    /** What the finals of the tasks that have something to decide will take, with one challenger each. */
    private double finalsSeconds() {
        double seconds =
                undecided().mapToDouble(state -> pace.finalsSeconds(state, 1)).sum();
        return CLOSING_SECONDS + Math.min(seconds, pace.mostFinalsSeconds());
    }

    private Stream<TaskState> undecided() {
        return states.stream().filter(state -> !state.challengers(1).isEmpty());
    }

    /** Those that gain the model most first, in case that time does not suffice for all. */
    private void finals() {
        List<TaskState> left = new ArrayList<>(undecided()
                .sorted(Comparator.comparingDouble(state -> -savedSeconds(state)))
                .toList());
        while (!left.isEmpty() && !stopped) {
            TaskState state = left.removeFirst();
            double others = left.stream()
                    .mapToDouble(other -> pace.finalsSeconds(other, 1))
                    .sum();
            int challengers = FINALISTS;
            while (challengers > 1
                    && pace.secondsLeft(CLOSING_SECONDS + others) < pace.finalsSeconds(state, challengers)) {
                challengers--;
            }
            if (state.standard().isPresent()
                    && pace.secondsLeft(CLOSING_SECONDS) < pace.finalsSeconds(state, challengers)) {
                state.keepStandard();
                progress.warn(
                        state.task().name() + ": no time was left to confirm what is faster; it keeps its default");
            } else {
                decide(state, challengers);
            }
        }
    }

    private static double savedSeconds(TaskState state) {
        double best = state.best().map(b -> b.seconds().median()).orElse(0.0);
        double standard = state.standard().map(s -> s.seconds().median()).orElse(Double.MAX_VALUE);
        return state.task().weight() * (standard - best);
    }

    private void decide(TaskState state, int challengers) {
        report(states.indexOf(state));
        List<Point> points = new ArrayList<>(state.challengers(challengers));
        int compared = points.size();
        if (state.standardPoint().result() instanceof SpacePoint.Scheduled) {
            points.addFirst(state.standardPoint());
        }
        double begin = clock.seconds();
        List<Outcome> outcomes = measurer.finals(state.task(), points);
        pace.finalsTook(state, compared, clock.seconds() - begin);
        List<TimedPoint> timed = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            if (outcomes.get(i) instanceof Outcome.Timed(Distribution seconds)) {
                timed.add(new TimedPoint(points.get(i), seconds));
            }
        }
        Optional<TimedPoint> standard = timed.stream()
                .filter(candidate -> TaskState.isSame(candidate.point(), state.standardPoint()))
                .findFirst();
        Optional<TimedPoint> fastest = timed.stream()
                .min(Comparator.comparingDouble(candidate -> candidate.seconds().median()));
        if (fastest.isEmpty()) {
            state.keepStandard();
            return;
        }
        boolean gains = standard.isEmpty()
                || standard.get().seconds().median()
                        > LEAST_GAIN * fastest.get().seconds().median();
        TimedPoint winner = gains ? fastest.get() : standard.get();
        state.decide(standard, winner);
        records.confirmed(state.task(), winner);
        report(states.indexOf(state));
    }

    private void report(int current) {
        progress.show(new TuningStatus(phase, clock.seconds(), settings.budgetSeconds(), current, statuses()));
    }

    private List<TaskStatus> statuses() {
        return states.stream().map(TaskState::status).toList();
    }
}

package dev.woodpecker.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.cost.LearnedModel;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.run.TaskStatus.Standing;
import dev.woodpecker.tuner.run.TuningResult.Ending;
import dev.woodpecker.tuner.search.Knowledge;
import dev.woodpecker.tuner.search.Search;
import dev.woodpecker.tuner.search.Searches;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class TuningRunTest {
    private static final double PEAK = 1e11;

    private final List<String> warnings = new ArrayList<>();

    private final Progress warned = new Progress() {
        @Override
        public void show(TuningStatus status) {}

        @Override
        public void warn(String message) {
            warnings.add(message);
        }
    };

    private static Search random(TuningTask task) {
        return Searches.named("random", Knowledge.of(task, new LearnedModel(), List.of()));
    }

    private static TuningSettings settings(double budgetSeconds, int trials) {
        return new TuningSettings(TuningRunTest::random, budgetSeconds, trials, 1, 8, PEAK);
    }

    private TuningResult run(List<TuningTask> tasks, TuningSettings settings, FakeBench bench, Journal journal)
            throws InterruptedException {
        return new TuningRun(tasks, FakeBench::space, settings, bench, journal, warned, bench).run();
    }

    private TuningResult run(List<TuningTask> tasks, TuningSettings settings, FakeBench bench)
            throws InterruptedException {
        return run(tasks, settings, bench, Journal.NONE);
    }

    @Test
    void everyTaskIsTimedByDefaultBeforeAnyIsSearched() throws InterruptedException {
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        run(List.of(FakeBench.task("a", 1), FakeBench.task("b", 5), FakeBench.task("c", 3)), settings(20, 50), bench);
        assertThat(bench.measured.subList(0, 3))
                .containsExactly("b{rows=1, columns=1}", "c{rows=1, columns=1}", "a{rows=1, columns=1}");
    }

    @ParameterizedTest
    @CsvSource({"5, 0.1", "30, 0.4", "480, 2.5", "3, 2"})
    void theBudgetIsKeptAndUsed(double budgetSeconds, double secondsPerTrial) throws InterruptedException {
        FakeBench bench = new FakeBench(secondsPerTrial, FakeBench::fasterWithSize);
        TuningResult result = run(
                List.of(FakeBench.task("a", 1), FakeBench.task("b", 2)),
                settings(budgetSeconds, Integer.MAX_VALUE),
                bench);
        assertThat(result.secondsUsed()).isLessThan(1.03 * budgetSeconds + 2 * secondsPerTrial);
        assertThat(result.tasks()).allSatisfy(task -> assertThat(task.best()).isPresent());
        if (result.ending() == Ending.BUDGET && budgetSeconds > 20 * secondsPerTrial) {
            assertThat(result.secondsUsed()).isGreaterThan(0.6 * budgetSeconds);
        }
    }

    @Test
    void theTaskThatTheModelRunsMoreOftenGetsMoreTrials() throws InterruptedException {
        FakeBench bench = new FakeBench(0.5, FakeBench::fasterWithSize);
        TuningResult result =
                run(List.of(FakeBench.task("rare", 1), FakeBench.task("frequent", 20)), settings(60, 250), bench);
        assertThat(result.tasks().get(1).trials())
                .isGreaterThan(2 * result.tasks().getFirst().trials());
        assertThat(result.tasks().getFirst().trials()).isGreaterThan(1);
    }

    @Test
    void aTaskThatIsAtThePeakIsLeftForOneThatIsNot() throws InterruptedException {
        double bound = new TaskScheduler(PEAK).boundSeconds(FakeBench.task("", 1));
        FakeBench bench = new FakeBench(
                0.5,
                (task, rows, columns) -> task.name().equals("at the peak")
                        ? FakeBench.timed(bound * (1.001 + 1e-5 * rows))
                        : FakeBench.fasterWithSize(task, rows, columns));
        TuningResult result =
                run(List.of(FakeBench.task("at the peak", 1), FakeBench.task("far", 1)), settings(60, 250), bench);
        assertThat(result.tasks().get(1).trials())
                .isGreaterThan(3 * result.tasks().getFirst().trials());
    }

    @Test
    void whatIsFasterInTheFinalsTooReplacesTheDefault() throws InterruptedException {
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result = run(List.of(FakeBench.task("a", 1)), settings(20, 100), bench);
        TaskStatus task = result.tasks().getFirst();
        assertThat(task.standing()).isEqualTo(Standing.FASTER);
        assertThat(task.gain()).isGreaterThan(5);
        assertThat(result.standardSeconds()).isEqualTo(1e-3);
        assertThat(result.bestSeconds())
                .isEqualTo(task.best().orElseThrow().seconds().median());
    }

    @Test
    void whatWasFasterByLuckKeepsTheDefault() throws InterruptedException {
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize)
                .withFinals((task, rows, columns) -> FakeBench.timed(rows * columns == 1 ? 1e-3 : 1.2e-3));
        TaskStatus task = run(List.of(FakeBench.task("a", 1)), settings(20, 100), bench)
                .tasks()
                .getFirst();
        assertThat(task.standing()).isEqualTo(Standing.DEFAULT);
        assertThat(task.gain()).isEqualTo(1);
        assertThat(task.best().orElseThrow().point().decisionsByName()).containsEntry(FakeBench.ROWS, 1L);
    }

    @Test
    void aFinalistThatFailsInTheFinalsDoesNotWin() throws InterruptedException {
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize)
                .withFinals((task, rows, columns) -> rows * columns == 1
                        ? FakeBench.timed(1e-3)
                        : new Outcome.Failed(Failure.WRONG, "differs in element 7"));
        TaskStatus task = run(List.of(FakeBench.task("a", 1)), settings(20, 100), bench)
                .tasks()
                .getFirst();
        assertThat(task.standing()).isEqualTo(Standing.DEFAULT);
    }

    @Test
    void aDefaultThatFailsIsReplacedByWhatDoesNot() throws InterruptedException {
        FakeBench bench = new FakeBench(
                0.1,
                (task, rows, columns) -> rows * columns == 1
                        ? new Outcome.Failed(Failure.CRASH, "signal 11")
                        : FakeBench.fasterWithSize(task, rows, columns));
        TaskStatus task = run(List.of(FakeBench.task("a", 1)), settings(20, 100), bench)
                .tasks()
                .getFirst();
        assertThat(task.standard()).isEmpty();
        assertThat(task.standing()).isEqualTo(Standing.FASTER);
        assertThat(task.failures()).containsExactly(Map.entry(Failure.CRASH, 1));
    }

    @Test
    void theSameSeedAndTimesLeadToTheSamePointsHoweverLongTheyTook() throws InterruptedException {
        List<TuningTask> tasks = List.of(FakeBench.task("a", 1), FakeBench.task("b", 3));
        FakeBench slow = new FakeBench(0.9, FakeBench::fasterWithSize);
        FakeBench fast = new FakeBench(0.01, FakeBench::fasterWithSize);
        TuningResult first = run(tasks, settings(1000, 60), slow);
        TuningResult second = run(tasks, settings(1000, 60), fast);
        assertThat(slow.measured).hasSize(120).isEqualTo(fast.measured);
        assertThat(first.tasks()).isEqualTo(second.tasks());
    }

    @Test
    void anotherSeedLeadsToOtherPoints() throws InterruptedException {
        List<TuningTask> tasks = List.of(FakeBench.task("a", 1));
        FakeBench one = new FakeBench(0.1, FakeBench::fasterWithSize);
        FakeBench two = new FakeBench(0.1, FakeBench::fasterWithSize);
        run(tasks, settings(1000, 60), one);
        run(tasks, new TuningSettings(TuningRunTest::random, 1000, 60, 2, 8, PEAK), two);
        assertThat(one.measured).isNotEqualTo(two.measured);
    }

    @Test
    void whatEarlierRunsMeasuredIsNotMeasuredAgain() throws InterruptedException {
        Map<Map<String, Long>, Outcome> kept = new HashMap<>();
        Journal journal = new Journal() {
            @Override
            public Optional<Outcome> earlier(TuningTask task, Point point) {
                return Optional.ofNullable(kept.get(point.decisionsByName()));
            }

            @Override
            public void measured(TuningTask task, Point point, Outcome outcome) {
                kept.put(point.decisionsByName(), outcome);
            }

            @Override
            public void confirmed(TuningTask task, Point point, Distribution seconds) {}
        };
        FakeBench first = new FakeBench(0.1, FakeBench::fasterWithSize);
        run(List.of(FakeBench.task("a", 1)), settings(1000, 40), first, journal);
        FakeBench second = new FakeBench(0.1, FakeBench::fasterWithSize);
        TaskStatus resumed = run(List.of(FakeBench.task("a", 1)), settings(1000, 40), second, journal)
                .tasks()
                .getFirst();
        assertThat(second.measured).hasSize(40).doesNotContainAnyElementsOf(first.measured);
        assertThat(resumed.known()).isEqualTo(40);
        assertThat(kept).hasSize(80);
    }

    @Test
    void stoppingEndsTheRunSoonAndKeepsWhatWasMeasured() throws InterruptedException {
        AtomicReference<TuningRun> run = new AtomicReference<>();
        List<Outcome> kept = new ArrayList<>();
        Progress stopping = new Progress() {
            @Override
            public void show(TuningStatus status) {
                if (status.tasks().getFirst().trials() >= 17) {
                    run.get().stop();
                }
            }

            @Override
            public void warn(String message) {
                warnings.add(message);
            }
        };
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        run.set(new TuningRun(
                List.of(FakeBench.task("a", 1)),
                FakeBench::space,
                settings(1000, 250),
                bench,
                keeping(kept, Integer.MAX_VALUE),
                stopping,
                bench));
        TuningResult result = run.get().run();
        assertThat(result.ending()).isEqualTo(Ending.STOPPED);
        assertThat(bench.measured).hasSizeBetween(17, 30);
        assertThat(kept).hasSameSizeAs(bench.measured);
        assertThat(result.tasks().getFirst().standing()).isEqualTo(Standing.UNCONFIRMED);
    }

    @Test
    void aFullDiskIsSaidOnceAndTheRunGoesOn() throws InterruptedException {
        List<Outcome> kept = new ArrayList<>();
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result = run(List.of(FakeBench.task("a", 1)), settings(1000, 40), bench, keeping(kept, 10));
        assertThat(kept).hasSize(10);
        assertThat(bench.measured).hasSize(40);
        assertThat(warnings).singleElement().asString().contains("No space left on device");
        assertThat(result.unkept()).as("30 outcomes and the winner").isEqualTo(31);
        assertThat(result.tasks().getFirst().standing()).isEqualTo(Standing.FASTER);
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenWhenThereIsRoomAgain() throws InterruptedException {
        List<Outcome> kept = new ArrayList<>();
        int[] calls = {0};
        Journal filled = keeping(kept, Integer.MAX_VALUE);
        Journal fullForAWhile = new Journal() {
            @Override
            public Optional<Outcome> earlier(TuningTask task, Point point) {
                return Optional.empty();
            }

            @Override
            public void measured(TuningTask task, Point point, Outcome outcome) {
                if (calls[0]++ >= 5 && calls[0] < 12) {
                    throw new UncheckedIOException(new IOException("No space left on device"));
                }
                filled.measured(task, point, outcome);
            }

            @Override
            public void confirmed(TuningTask task, Point point, Distribution seconds) {}
        };
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result = run(List.of(FakeBench.task("a", 1)), settings(1000, 40), bench, fullForAWhile);
        assertThat(kept).hasSize(40);
        assertThat(result.unkept()).isZero();
    }

    private static Journal keeping(List<Outcome> kept, int room) {
        return new Journal() {
            @Override
            public Optional<Outcome> earlier(TuningTask task, Point point) {
                return Optional.empty();
            }

            @Override
            public void measured(TuningTask task, Point point, Outcome outcome) {
                if (kept.size() == room) {
                    throw new UncheckedIOException(new IOException("No space left on device"));
                }
                kept.add(outcome);
            }

            @Override
            public void confirmed(TuningTask task, Point point, Distribution seconds) {}
        };
    }

    @Test
    void aSearchWithADefectEndsAloneAndIsNamed() throws InterruptedException {
        Search defective = (space, trials, random) -> {
            if (trials.measure(List.of(space.point(choice -> random.nextInt(1, 17))))
                            .size()
                    == 1) {
                throw new IllegalStateException("a defect");
            }
        };
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result = run(
                List.of(FakeBench.task("a", 1), FakeBench.task("b", 1)),
                new TuningSettings(_ -> defective, 100, 100, 1, 8, PEAK),
                bench);
        assertThat(result.ending()).isEqualTo(Ending.SEARCHED);
        assertThat(warnings)
                .hasSize(2)
                .allSatisfy(warning -> assertThat(warning).contains("a defect"));
        assertThat(result.tasks()).allSatisfy(task -> assertThat(task.best()).isPresent());
    }

    @Test
    void aSearchThatAsksForTheSameAgainAndAgainEnds() throws InterruptedException {
        Search stubborn = (space, trials, random) -> {
            while (trials.remaining() > 0) {
                trials.measure(List.of(space.point(choice -> 3)));
            }
        };
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result =
                run(List.of(FakeBench.task("a", 1)), new TuningSettings(_ -> stubborn, 100, 100, 1, 8, PEAK), bench);
        assertThat(result.tasks().getFirst().trials()).isEqualTo(2);
    }

    @Test
    void aSearchThatThinksTooLongIsEndedWithTheBudget() throws InterruptedException {
        AtomicLong thoughtMilliseconds = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(1);
        Search endless = (space, trials, random) -> {
            try {
                while (true) {
                    space.point(choice -> 1 + random.nextInt(16));
                    thoughtMilliseconds.incrementAndGet();
                }
            } finally {
                ended.countDown();
            }
        };
        FakeBench bench = new FakeBench(0.1, FakeBench::fasterWithSize);
        TuningResult result = new TuningRun(
                        List.of(FakeBench.task("a", 1)),
                        FakeBench::space,
                        new TuningSettings(_ -> endless, 5, 100, 1, 8, PEAK),
                        bench,
                        Journal.NONE,
                        warned,
                        () -> bench.seconds() + 1e-3 * thoughtMilliseconds.get())
                .run();
        assertThat(result.ending()).isEqualTo(Ending.BUDGET);
        assertThat(result.tasks().getFirst().standing()).isEqualTo(Standing.DEFAULT);
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    }
}

package dev.woodpecker.tuner.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.run.Progress;
import dev.woodpecker.tuner.run.TaskStatus;
import dev.woodpecker.tuner.run.TaskStatus.Standing;
import dev.woodpecker.tuner.run.TimedPoint;
import dev.woodpecker.tuner.run.TuningResult;
import dev.woodpecker.tuner.run.TuningResult.Ending;
import dev.woodpecker.tuner.run.TuningStatus;
import dev.woodpecker.tuner.run.TuningStatus.Phase;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What people read of a run. */
class PlainProgressTest {
    private static final Rates RATES = new Rates(100, "measured FMA peak", "a machine");

    private final StringWriter text = new StringWriter();
    private final PrintWriter out = new PrintWriter(text, true);

    /** 100 times 100 times 100 multiply-adds: 2 million operations, 20 microseconds at the peak. */
    private static TuningTask task(String name) {
        KernelCall call = KernelCall.of(
                KernelIndex.of(PlainProgressTest.class.getClassLoader()).find("MatMul"),
                List.of("a=100x100", "b=100x100"));
        return new TuningTask(
                name,
                "MatMul",
                List.of(new Variant("direct", call.program())),
                Target.parse("cpu:x86-64-v3"),
                Numerics.FP32,
                Map.of(),
                Set.of(),
                3,
                false);
    }

    private static TaskStatus status(TuningTask task, int trials, double standard, double best) {
        Point point = new Point(
                task.variants().getFirst(),
                List.of(),
                new SpacePoint.Scheduled(List.of(), Trace.of("fake", List.of())));
        return new TaskStatus(
                task,
                trials,
                0,
                trials > 4 ? Map.of(Failure.CRASH, 1, Failure.REJECTED, 2) : Map.of(),
                best < standard ? Standing.FASTER : Standing.DEFAULT,
                Optional.of(Distribution.of(standard)),
                Optional.of(new TimedPoint(point, Distribution.of(best))));
    }

    private static TaskStatus unknown(TuningTask task) {
        return new TaskStatus(task, 0, 0, Map.of(), Standing.UNTIMED, Optional.empty(), Optional.empty());
    }

    private void showARun(Progress progress) {
        TuningTask a = task("a");
        TuningTask b = task("b");
        progress.show(new TuningStatus(Phase.DEFAULTS, 0.5, 480, -1, List.of(unknown(a), unknown(b))));
        progress.show(new TuningStatus(Phase.DEFAULTS, 1.5, 480, 0, List.of(status(a, 1, 4e-5, 4e-5), unknown(b))));
        progress.show(new TuningStatus(
                Phase.SEARCH, 2.25, 480, 1, List.of(status(a, 1, 4e-5, 4e-5), status(b, 1, 2e-3, 2e-3))));
        progress.warn("the disk is full");
        progress.show(new TuningStatus(
                Phase.SEARCH, 30, 480, 0, List.of(status(a, 9, 4e-5, 2.5e-5), status(b, 1, 2e-3, 1.99e-3))));
        progress.show(new TuningStatus(
                Phase.DONE, 471.04, 480, -1, List.of(status(a, 9, 4e-5, 2.5e-5), status(b, 1, 2e-3, 1.99e-3))));
    }

    @Test
    void inAPipeEachThingThatHappensIsALine() {
        showARun(new PlainProgress(out, RATES));
        assertThat(text.toString()).isEqualTo("""
                0.5 s  2 tasks, 8:00 of time
                1.5 s  a: 40.00 us, 50.0 GFLOP/s, 50.0 % of peak by default
                2.3 s  searching: times and gains are estimates until the finals
                2.3 s  b: 2.000 ms, 1.0 GFLOP/s, 1.0 % of peak by default
            warning: the disk is full
               30.0 s  a: 25.00 us, 80.0 GFLOP/s, 80.0 % of peak, 1.60 times the default after 9 trials
              471.0 s  done
            """);
    }

    @Test
    void onATerminalATableIsDrawnInPlace() {
        showARun(new TableProgress(out, RATES, 24));
        assertThat(text.toString())
                .startsWith("defaults, 8:00 left; 0 trials, 0 failed")
                .contains("\033[4A")
                .contains("warning: the disk is full")
                .containsPattern("(?m)^> a +9 +3 +40.00 us +25.00 us +1.60 +80 %")
                .doesNotContain("\t");
        assertThat(text.toString().lines())
                .allMatch(line -> line.replaceAll("\033\\[\\d*[AKJ]", "").length() <= 110);
    }

    @Test
    void theResultHasALineForEachTaskAndTheSums() {
        TuningResult result = new TuningResult(
                List.of(status(task("a"), 9, 4e-5, 2.5e-5), unknown(task("b"))), 471.04, Ending.BUDGET, 2);
        new ResultTable(RATES).print(result, out);
        assertThat(text.toString()
                        .lines()
                        .map(line -> line.replaceAll(" +", " ").strip()))
                .containsExactly(
                        "task runs default best gain GFLOP/s of peak variant trials failed",
                        "a 3 40.00 us 25.00 us 1.60 80.0 80.0 % direct 9 3 faster; 2 rejected, 1 crash",
                        "b 3 - - - - - - 0 0 no time was left for it",
                        "all 120.00 us 75.00 us 1.60 80.0 80.0 % 9 3",
                        "measured on a machine",
                        "measured FMA peak: 100.0 GFLOP/s; 471.0 s used, the budget is used up",
                        "2 outcomes could not be written to the records: they are lost when this program ends");
    }
}

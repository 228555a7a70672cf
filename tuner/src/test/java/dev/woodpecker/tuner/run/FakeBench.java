package dev.woodpecker.tuner.run;

import dev.woodpecker.compiler.schedule.ChoicePoint;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.runtime.timing.Distribution;
import dev.woodpecker.tuner.measure.FinalsMeasurer;
import dev.woodpecker.tuner.measure.Outcome;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** A machine whose times follow from the decisions, and whose clock goes on when something is measured on it. */
final class FakeBench implements FinalsMeasurer, Clock {
    static final String ROWS = "rows";
    static final String COLUMNS = "columns";

    /** What a point of a task takes. */
    @FunctionalInterface
    interface Times {
        Outcome of(TuningTask task, long rows, long columns);
    }

    private final Times times;
    private final double secondsPerTrial;
    private Times finalTimes;
    private double now;
    final List<String> measured = new ArrayList<>();

    FakeBench(double secondsPerTrial, Times times) {
        this.secondsPerTrial = secondsPerTrial;
        this.times = times;
        this.finalTimes = times;
    }

    FakeBench withFinals(Times other) {
        finalTimes = other;
        return this;
    }

    /** Faster with each row and column: 16 by 16 take a tenth of the default, 1 by 1. */
    static Outcome fasterWithSize(TuningTask task, long rows, long columns) {
        return timed(1e-3 / (1 + 9 * (rows * columns - 1) / 255.0));
    }

    static Outcome timed(double seconds) {
        return new Outcome.Timed(Distribution.of(seconds));
    }

    static TuningTask task(String name, double weight) {
        KernelCall call = KernelCall.of(
                KernelIndex.of(FakeBench.class.getClassLoader()).find("MatMul"), List.of("a=64x64", "b=64x64"));
        return new TuningTask(
                name,
                "MatMul",
                List.of(new Variant("only", call.program())),
                Target.parse("cpu:x86-64-v3"),
                Numerics.FP32,
                Map.of(),
                Set.of(),
                weight,
                false);
    }

    /** 16 by 16 points, with a preferred one at 1 by 1. */
    static SearchSpace space(TuningTask task) {
        List<Long> domain = LongStream.rangeClosed(1, 16).boxed().toList();
        return (Chooser chooser) -> {
            List<Decision> decisions = new ArrayList<>();
            for (String name : List.of(ROWS, COLUMNS)) {
                ChoicePoint choice = new ChoicePoint(name, domain, 1);
                decisions.add(new Decision(choice, chooser.choose(choice)));
            }
            Map<String, Long> byName = decisions.stream()
                    .collect(Collectors.toMap(d -> d.point().name(), Decision::value, (a, b) -> a, TreeMap::new));
            return new Point(
                    task.variants().getFirst(),
                    decisions,
                    new SpacePoint.Scheduled(decisions, new Trace("fake", List.of(), byName)));
        };
    }

    @Override
    public double seconds() {
        return now;
    }

    @Override
    public List<Outcome> measure(TuningTask task, List<Point> points) {
        points.forEach(point -> measured.add(task.name() + point.decisionsByName()));
        now += secondsPerTrial * points.size();
        return points.stream().map(point -> outcome(times, task, point)).toList();
    }

    @Override
    public List<Outcome> finals(TuningTask task, List<Point> points) {
        now += 0.2 * points.size();
        return points.stream().map(point -> outcome(finalTimes, task, point)).toList();
    }

    private static Outcome outcome(Times times, TuningTask task, Point point) {
        Map<String, Long> decisions = point.decisionsByName();
        return times.of(task, decisions.get(ROWS), decisions.get(COLUMNS));
    }

    @Override
    public void close() {}
}

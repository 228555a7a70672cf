package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.runtime.plan.program.StageSplit;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.measure.Outcome.Timed;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(Lifecycle.PER_CLASS)
@Timeout(60)
class WorkerMeasurerTest {
    private WorkerMeasurer measurer;

    @BeforeAll
    void start() {
        measurer = new WorkerMeasurer(TestTasks.compiler(), new MeasureOptions(2, 5, 0.02, 8, 5, 2, 64 << 20));
    }

    @AfterAll
    void end() {
        measurer.close();
    }

    @Test
    void aCandidateIsMeasuredOnce() {
        TuningTask task = TestTasks.task(TestTasks.matrixProduct(64, 64, 64));
        Point point = TestTasks.preferred(task);
        List<Outcome> both = measurer.measure(task, List.of(point, point));
        int measured = measurer.effort().measured();
        assertThat(both.getFirst()).isInstanceOf(Timed.class).isEqualTo(both.getLast());
        assertThat(measurer.measure(task, List.of(point))).containsExactly(both.getFirst());
        assertThat(measurer.effort().measured()).isEqualTo(measured);
    }

    @Test
    void variantsAgreeWithEachOther() {
        TuningTask task = TestTasks.task(
                TestTasks.convolution("direct", 16, 16, 14, 1), TestTasks.convolution("winograd4", 16, 16, 14, 1));
        Point direct = TestTasks.preferred(task);
        Point winograd = java.util.stream.LongStream.range(0, 50)
                .mapToObj(seed -> TestTasks.random(task, seed))
                .filter(point -> point.variant().name().contains("winograd"))
                .findFirst()
                .orElseThrow();
        assertThat(measurer.measure(task, List.of(direct, winograd)))
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Timed.class));
    }

    /** The filters are transformed before the kernel runs, as a plan does. */
    @ParameterizedTest
    @ValueSource(strings = {"winograd2", "winograd4"})
    void preparedWeightsAreMadeOfTheSameWeights(String variant) {
        Outcome outcome = measureWithPreparation(variant, 1);
        assertThat(outcome).isInstanceOf(Timed.class);
    }

    @Test
    void aWrongPreparationIsNoticed() {
        Outcome outcome = measureWithPreparation("winograd4", 0.5f);
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Failed.class, failed -> assertThat(failed.failure()).isEqualTo(Failure.WRONG));
    }

    /**
     * @param factor of the weights in the preparation: wrong unless 1
     */
    private Outcome measureWithPreparation(String variant, float factor) {
        StageSplit split = StageSplit.of(TestTasks.convolution(variant, 32, 32, 12, 1), Set.of("w", "b"))
                .orElseThrow();
        TensorProgram direct = TestTasks.convolution("direct", 32, 32, 12, 1);
        TuningTask plain = TestTasks.task(direct);
        LayoutMap blocked = LayoutMap.rowMajor(4).blocked(1, plain.target().lanes(4));
        TuningTask task = new TuningTask(
                "prepared " + variant + factor,
                "Conv",
                List.of(
                        plain.variants().getFirst(),
                        new Variant(variant, split.second(), Optional.of(scaled(split.first(), factor)))),
                plain.target(),
                plain.numerics(),
                Map.of("x", blocked, direct.outputs().getFirst(), blocked),
                plain.constants(),
                1,
                true);
        Point first = SearchSpace.of(task).point(Chooser.of(Map.of(SearchSpace.VARIANT, 0L)));
        Point second = SearchSpace.of(task).point(Chooser.of(Map.of(SearchSpace.VARIANT, 1L)));
        List<Outcome> outcomes = measurer.measure(task, List.of(first, second));
        assertThat(outcomes.getFirst()).isInstanceOf(Timed.class);
        return outcomes.getLast();
    }

    /** The program with all its results multiplied. */
    private static TensorProgram scaled(TensorProgram program, float factor) {
        List<Stage> stages = program.stages().stream()
                .map(stage -> program.outputs().contains(stage.name())
                        ? new Stage(
                                stage.name(),
                                stage.type(),
                                stage.axes(),
                                stage.reduction(),
                                new Expr.Binary(
                                        BinaryOp.MUL, stage.element(), new Expr.FloatConst(factor, stage.type())),
                                stage.origin())
                        : stage)
                .toList();
        return new TensorProgram(program.name(), program.inputs(), stages, program.outputs());
    }

    @Test
    void paddedLayoutsAndColdWeightsAreRight() {
        LayoutMap blocked = LayoutMap.rowMajor(4).blocked(1, 16);
        TuningTask plain =
                TestTasks.task(Map.of("x", blocked, "out", blocked), TestTasks.convolution("direct", 20, 20, 9, 1));
        String output = plain.variants().getFirst().program().outputs().getFirst();
        TuningTask task = new TuningTask(
                "cold",
                "Conv",
                plain.variants(),
                plain.target(),
                plain.numerics(),
                Map.of("x", blocked, output, blocked),
                plain.constants(),
                1,
                true);
        List<Point> points = List.of(TestTasks.preferred(task), TestTasks.random(task, 3), TestTasks.random(task, 4));
        for (Outcome outcome : measurer.measure(task, points)) {
            assertThat(outcome).isInstanceOf(Timed.class);
        }
    }

    @Test
    void finalistsAreTimedInTurns() {
        TuningTask task = TestTasks.task(TestTasks.matrixProduct(96, 96, 96));
        List<Point> points = List.of(TestTasks.preferred(task), TestTasks.random(task, 1), TestTasks.random(task, 2));
        List<Outcome> outcomes = measurer.finals(task, points);
        assertThat(outcomes)
                .hasSize(3)
                .allSatisfy(outcome -> assertThat(outcome)
                        .isInstanceOfSatisfying(
                                Timed.class,
                                timed -> assertThat(timed.seconds().count()).isEqualTo(8)));
    }

    @Test
    void theSameCodeTakesTheSameTime() {
        TuningTask task = TestTasks.task(TestTasks.matrixProduct(160, 160, 160));
        TuningTask again = TestTasks.task(TestTasks.matrixProduct(160, 160, 160));
        double first = fastest(task);
        double second = fastest(again);
        // Other programs run beside this one.
        assertThat(Math.max(first, second) / Math.min(first, second)).isLessThan(4);
    }

    private double fastest(TuningTask task) {
        return measurer.measure(task, List.of(TestTasks.preferred(task))).getFirst() instanceof Timed timed
                ? timed.seconds().fastest()
                : Double.NaN;
    }

    @Test
    void replayAnswersFromWhatWasMeasuredOnly() {
        TuningTask task = TestTasks.task(TestTasks.matrixProduct(64, 64, 48));
        Point known = TestTasks.preferred(task);
        Outcome outcome = measurer.measure(task, List.of(known)).getFirst();
        Point unknown = java.util.stream.LongStream.range(0, 50)
                .mapToObj(seed -> TestTasks.random(task, seed))
                .filter(point -> !point.decisionsByName().equals(known.decisionsByName()))
                .findFirst()
                .orElseThrow();
        try (ReplayMeasurer replay =
                new ReplayMeasurer(Map.of(task.name(), Map.of(known.decisionsByName(), outcome)))) {
            assertThat(replay.measure(task, List.of(known))).containsExactly(outcome);
            assertThat(replay.measure(task, List.of(unknown)).getFirst())
                    .isInstanceOfSatisfying(
                            Failed.class, failed -> assertThat(failed.failure()).isEqualTo(Failure.REJECTED));
        }
    }
}

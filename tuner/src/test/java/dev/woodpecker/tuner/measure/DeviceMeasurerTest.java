package dev.woodpecker.tuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.measure.Outcome.Timed;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Candidates on an emulated device, in a worker with a context of its own, and what they can do to it. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(180)
class DeviceMeasurerTest {
    private static final Target TARGET = Target.parse("cuda:sm_80");

    /** Each test's own, of its own size: outcomes are kept by task, code by text. */
    private TuningTask task = task(16);

    private Point good = TestTasks.preferred(task);
    private UnaryOperator<String> spoil = text -> text;
    private List<KernelResources> resources = List.of();
    private final DeviceMeasurer measurer = new DeviceMeasurer(
            "cuda:emulated",
            this::code,
            DeviceCeiling.NONE,
            2,
            new MeasureOptions(1, 2, 0.01, 2, 60, 60, 4L << 30),
            Environment.ofProcess());

    private static TuningTask task(long inner) {
        return new TuningTask(
                "product",
                "MatMul",
                List.of(new Variant("default", TestTasks.matrixProduct(16, 16, inner))),
                TARGET,
                Numerics.FP32,
                Map.of(),
                Set.of(),
                1,
                false);
    }

    private DeviceCode code(CacheDirectory cache) {
        EmulatedDriver driver =
                new EmulatedDriver(Emulator.of(Environment.ofProcess()), EmulatedDriver.facts(1L << 30));
        DeviceCode emulated = DeviceCode.of(CudaDevice.ofText(driver, cache).code());
        return source -> new DeviceCode.Made(
                emulated.make(new Source(source.name(), spoil.apply(source.text()), source.symbols(), source.options()))
                        .file(),
                resources);
    }

    private void begin(long inner) {
        task = task(inner);
        good = TestTasks.preferred(task);
    }

    @AfterAll
    void end() {
        measurer.close();
    }

    private Outcome measure(Point point) {
        return measurer.measure(task, List.of(point)).getFirst();
    }

    /** One with other decisions than the good one: equal ones are not measured again. */
    private Point other(long seed) {
        for (long i = seed; ; i++) {
            Point point = TestTasks.random(task, i);
            if (!point.decisionsByName().equals(good.decisionsByName())
                    && point.result() instanceof dev.woodpecker.compiler.schedule.rule.SpacePoint.Scheduled) {
                return point;
            }
        }
    }

    private static void assertFailed(Outcome outcome, Failure failure, String reason) {
        assertThat(outcome).isInstanceOfSatisfying(Failed.class, failed -> {
            assertThat(failed.failure()).as(failed.reason()).isEqualTo(failure);
            assertThat(failed.reason()).contains(reason);
        });
    }

    @Test
    void whatDamagesTheContextCostsOneWorkerAndOneCandidate() {
        begin(16);
        assertThat(measure(good)).isInstanceOf(Timed.class);
        List<Long> first = measurer.workerPid();
        Point bad = other(1);
        // Far beyond every buffer.
        spoil = text -> text.replaceAll("\\bout(?= \\+|\\[)", "(out + 100000000)");
        assertFailed(measure(bad), Failure.CRASH, "the process ended: ");
        assertThat(measurer.workerPid()).isEmpty();

        spoil = text -> text;
        assertThat(measure(other(100))).isInstanceOf(Timed.class);
        assertThat(measurer.workerPid()).isNotEmpty().isNotEqualTo(first);
        assertThat(measurer.finals(task, List.of(good, bad)))
                .satisfiesExactly(
                        winner -> assertThat(winner).isInstanceOf(Timed.class),
                        loser -> assertFailed(loser, Failure.CRASH, "the process ended: "));
    }

    @Test
    void resultsAreCheckedAndEqualCandidatesMeasuredOnce() {
        begin(20);
        int before = measurer.effort().measured();
        List<Outcome> both = measurer.measure(task, List.of(good, good));
        assertThat(both.getFirst()).isInstanceOf(Timed.class).isEqualTo(both.getLast());
        assertThat(measurer.effort().measured() - before).isEqualTo(1);
        List<Long> worker = measurer.workerPid();

        spoil = text -> text.replace(" = 0.0f;", " = 1.0f;");
        assertFailed(measure(other(1)), Failure.WRONG, "by definition it is");
        spoil = text -> text;
        // Nothing is wrong with the process.
        assertThat(measurer.workerPid()).isEqualTo(worker);
    }

    @Test
    void whatSpillsNeverRuns() {
        begin(24);
        int before = measurer.effort().measured();
        resources = List.of(new KernelResources("kernel", 255, 0, 64, 32, 48));
        assertFailed(measure(good), Failure.REJECTED, "kernel spills: its values do not fit 255 registers, 80 bytes");
        resources = List.of();
        assertThat(measurer.effort().measured()).isEqualTo(before);
    }
}

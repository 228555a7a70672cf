package dev.woodpecker.runtime.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaError;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.RecordingDriver;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The calls that a time is taken by, in their order. */
class DeviceTimerTest {
    private final RecordingDriver recording = new RecordingDriver(EmulatedDriver.facts(1L << 30));
    private final CudaDriver driver = recording.driver();
    private final Stream stream = driver.createStream();
    private final DeviceTimer timer = new DeviceTimer(driver, stream);
    private final List<Integer> runs = new ArrayList<>();

    private void enqueue(int run) {
        runs.add(run);
        driver.launch(new KernelLaunch(new Function(1, "k"), Extent3.of(1), Extent3.of(32), 0, List.of()), stream);
    }

    @Test
    void aSampleIsAGraphBetweenTwoEventsAfterTheCacheWasEmptied() {
        recording.eventsApart(0.1e-3);
        try (DeviceTimer.Samples samples = timer.samples(this::enqueue)) {
            assertThat(samples.runs()).isEqualTo(15); // of 0.1 ms each: a millisecond and a half
            recording.takeCalls();
            assertThat(samples.next()).isCloseTo(0.1e-3, within(1e-12));
            assertThat(recording.takeCalls())
                    .containsExactly(
                            "fill", "record", "launch", "record", "synchronize", "synchronize", "elapsedSeconds");
        }
    }

    @Test
    void theFirstRunsLoadTheCodeAndTellHowManyAGraphIsToHave() {
        recording.eventsApart(0.5e-3);
        recording.takeCalls();
        timer.samples(this::enqueue).close();
        assertThat(runs).containsExactly(0, 1, 0, 1, 2, 3);
        assertThat(recording.takeCalls())
                .startsWith("launch k", "synchronize", "fill", "record", "launch k", "record")
                .containsSubsequence("beginCapture", "launch k", "launch k", "launch k", "launch k", "endCapture")
                .containsSubsequence("instantiate", "fill", "record", "launch", "record")
                .endsWith("destroy", "destroy");
    }

    @Test
    void whatTakesLongIsTimedRunByRun() {
        recording.eventsApart(0.2);
        assertThat(timer.seconds(this::enqueue)).isCloseTo(0.2, within(1e-9));
        assertThat(recording.takeCalls()).doesNotContain("beginCapture").contains("fill");
    }

    @Test
    void whatCannotBeCapturedIsTimedWithItsGaps() {
        recording.eventsApart(0.1e-3);
        recording.fail("endCapture", CudaException.of("cuStreamEndCapture", CudaError.STREAM_CAPTURE_INVALIDATED));
        try (DeviceTimer.Samples samples = timer.samples(this::enqueue)) {
            recording.takeCalls();
            samples.next();
            assertThat(Collections.frequency(recording.takeCalls(), "launch k")).isEqualTo(samples.runs());
        }
    }

    @Test
    void aDamagedContextIsTold() {
        recording.eventsApart(0.1e-3);
        recording.fail("synchronize", CudaException.of("cuStreamSynchronize", CudaError.ILLEGAL_ADDRESS));
        assertThatThrownBy(() -> timer.seconds(this::enqueue))
                .isInstanceOfSatisfying(
                        CudaException.class, e -> assertThat(e.isSticky()).isTrue());
    }

    @Test
    void nothingIsLeftBehind() {
        recording.eventsApart(0.1e-3);
        timer.seconds(this::enqueue);
        timer.close();
        driver.destroy(stream);
        assertThat(recording.live()).isEmpty();
    }
}

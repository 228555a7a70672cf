package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Asks a running grid to stop when its time is over. */
final class TimeLimit implements AutoCloseable {
    private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor(task ->
            Thread.ofPlatform().daemon().name("woodpecker-emulator-clock").unstarted(task));

    private final LaunchRecord launch;
    private final Future<?> alarm;
    private boolean isOver;

    private TimeLimit(LaunchRecord launch, long seconds) {
        this.launch = launch;
        this.alarm = CLOCK.schedule(this::stop, seconds, TimeUnit.SECONDS);
    }

    static TimeLimit start(LaunchRecord launch, long seconds) {
        return new TimeLimit(launch, seconds);
    }

    private synchronized void stop() {
        if (!isOver) {
            launch.set(Field.STOP, 1);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            isOver = true;
        }
        alarm.cancel(false);
    }
}

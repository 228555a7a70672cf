package dev.woodpecker.runtime.timing;

import jdk.jfr.FlightRecorder;

/**
 * Whether Java's Flight Recorder may be recording. Asked before a class of events is touched: the first of them makes the
 * JVM load some 200 classes of the recorder, a fifth of a second at start-up, for recordings that nobody makes.
 */
public final class FlightRecording {
    private FlightRecording() {}

    /** True from the first recording on, however it was asked for. */
    public static boolean mayBeOn() {
        return FlightRecorder.isInitialized();
    }
}

package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.runtime.timing.Distribution;
import java.util.Comparator;
import java.util.Optional;

/**
 * What became of one candidate: a line of a file of records.
 *
 * @param name of the kernel, for people
 * @param variant the alternative that the trace is for
 * @param trace as {@link TraceJson} prints it; empty for a candidate that no schedule could be made for
 * @param seconds what it took; there if the status is {@link Status#OK}
 * @param isConfirmed whether it was timed beside the default in the end, which counts more than a time of the search
 * @param compiler one line
 * @param date when it was measured, {@code 2026-11-21T05:30:00Z}
 * @param reason why there is no time; else empty
 */
public record TuningRecord(
        RecordKey key,
        String name,
        String operator,
        String variant,
        Optional<String> trace,
        Status status,
        Optional<Distribution> seconds,
        boolean isConfirmed,
        String compiler,
        String date,
        String reason) {
    /** What can become of a candidate. */
    public enum Status {
        OK,
        REJECTED,
        COMPILE,
        CRASH,
        TIMEOUT,
        MEMORY,
        WRONG
    }

    /** The best first: confirmed ones before others, the faster before the slower, and a fixed order among equals. */
    public static final Comparator<TuningRecord> BEST_FIRST = Comparator.comparing(TuningRecord::isConfirmed)
            .reversed()
            .thenComparingDouble(TuningRecord::medianSeconds)
            .thenComparing(TuningRecord::variant)
            .thenComparing(record -> record.trace().orElse(""));

    public TuningRecord {
        if ((status == Status.OK) != (seconds.isPresent() && trace.isPresent())) {
            throw new IllegalArgumentException("a record with status " + status
                    + (status == Status.OK ? " needs a trace and seconds" : " has no seconds"));
        }
    }

    /** A candidate that was timed. */
    public static TuningRecord timed(
            RecordKey key,
            String name,
            String operator,
            String variant,
            Trace trace,
            Distribution seconds,
            boolean isConfirmed,
            String compiler,
            String date) {
        return new TuningRecord(
                key,
                name,
                operator,
                variant,
                Optional.of(TraceJson.print(trace)),
                Status.OK,
                Optional.of(seconds),
                isConfirmed,
                compiler,
                date,
                "");
    }

    public boolean isOk() {
        return status == Status.OK;
    }

    /** Infinite if there is no time. */
    public double medianSeconds() {
        return seconds.map(Distribution::median).orElse(Double.POSITIVE_INFINITY);
    }

    /**
     * The schedule of a timed candidate.
     *
     * @throws IllegalArgumentException if its text is no trace of this version
     */
    public Trace schedule() {
        return TraceJson.parse(trace.orElseThrow(() -> new IllegalArgumentException("the record has no trace")));
    }
}

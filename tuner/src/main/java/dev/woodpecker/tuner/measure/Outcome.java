package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.timing.Distribution;

/** What became of a candidate. */
public sealed interface Outcome {
    /** It computes what it should, in this time. */
    record Timed(Distribution seconds) implements Outcome {}

    /** It has no time, and why. */
    record Failed(Failure failure, String reason) implements Outcome {}

    /** How a candidate can fail. */
    enum Failure {
        /** The rules, the verifier or the device refuse the schedule, or its values do not stay in registers. */
        REJECTED,
        /** The compiler refuses the source. */
        COMPILE,
        /** The process that ran it died. */
        CRASH,
        /** It ran longer than a candidate may. */
        TIMEOUT,
        /** It took more memory than a candidate may. */
        MEMORY,
        /** Its result is not the reference's, it wrote where it must not, or its time is impossible. */
        WRONG
    }
}

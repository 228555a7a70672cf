package dev.woodpecker.compiler.schedule;

/** What came of applying a step. */
public sealed interface Outcome {
    record Applied(LoopNest nest) implements Outcome {}

    /** The step does not fit; {@code reason} says why and what would. */
    record Rejection(Step step, String reason) implements Outcome {}
}

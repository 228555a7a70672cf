package dev.woodpecker.runtime.plan;

/** Where the memory of one of a kernel's buffers comes from. */
public sealed interface BufferSource {
    /** An input of the run, by its position. */
    record Input(int position) implements BufferSource {}

    /** An output of the run, by its position. */
    record Output(int position) implements BufferSource {}

    /** A constant of the plan. */
    record Constant(int position) implements BufferSource {}

    /** A part of the session's arena. */
    record Arena(long offset, long bytes) implements BufferSource {}
}

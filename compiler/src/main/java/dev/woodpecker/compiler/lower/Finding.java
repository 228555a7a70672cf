package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Origin;

/**
 * What is wrong with a kernel, or cannot be shown to be right.
 *
 * @param loops the names of the loops around, outermost first
 * @param buffer the buffer concerned; empty where there is none
 */
public record Finding(Kind kind, String phase, String loops, String buffer, Origin origin, String message) {
    /** What a kernel must keep to. */
    public enum Kind {
        /** Every access lies in its buffer. */
        BOUNDS,
        /** No two workers write one element. */
        WRITERS,
        /** Every barrier is reached by all threads of a block. */
        BARRIER,
        /** Shared memory, registers and threads of a block are within the target's. */
        RESOURCES
    }

    /** One line: phase, place in the loops, buffer, place in the Java source, what is wrong. */
    @Override
    public String toString() {
        return phase + (loops.isEmpty() ? "" : " in " + loops) + (buffer.isEmpty() ? "" : ", buffer " + buffer)
                + (origin.isKnown() ? ", " + origin : "") + ": " + message;
    }
}

package dev.woodpecker.compiler.interp;

/** An expression of an integer type or {@code BOOL}, ready to run: its value in one lane. */
@FunctionalInterface
interface LongCode {
    long run(Frame frame, int lane);

    /** A condition. */
    default boolean holds(Frame frame) {
        return run(frame, 0) != 0;
    }
}

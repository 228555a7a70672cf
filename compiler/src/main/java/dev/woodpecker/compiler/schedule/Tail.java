package dev.woodpecker.compiler.schedule;

/** What a split does where its factor does not divide the extent. */
public enum Tail {
    /** The factor must divide the extent. */
    EXACT,
    /** Iterations beyond the extent are skipped by a condition. */
    GUARD,
    /** The last, shorter outer iteration is a copy of the body with its own extent. */
    PEEL,
    /** Iterations beyond the extent compute on padding; only what lies within is stored. */
    PAD,
    /** The last outer iteration begins so much earlier that it is whole; what both of the last have is computed twice. */
    SHIFT
}

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
    SHIFT;

    /**
     * What the vectors along a line do with elements that do not fill the last: one that begins earlier computes them, or, where
     * they are as many as a power of two, a shorter one.
     *
     * @param mayShift whether the loop over the vectors runs in one thread: one that is shared out cannot be shifted
     */
    public static Tail ofLine(long extent, long lanes, boolean mayShift) {
        return mayShift && extent > lanes && Long.bitCount(extent % lanes) > 1 ? SHIFT : PEEL;
    }
}

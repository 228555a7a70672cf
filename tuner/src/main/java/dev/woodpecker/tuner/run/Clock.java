package dev.woodpecker.tuner.run;

/** The time that a budget is counted in. */
@FunctionalInterface
public interface Clock {
    /** Since the run began. */
    double seconds();

    /** Wall-clock time from now on. */
    static Clock startingNow() {
        long start = System.nanoTime();
        return () -> (System.nanoTime() - start) * 1e-9;
    }
}

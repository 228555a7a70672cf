package dev.woodpecker.runtime;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Where the time of a session's runs went.
 *
 * @param runs how many
 * @param kernels in the order in which they first ran
 * @param constantKernels how many kernels ran once, natively too, when plans were made: on weights alone
 * @param arenaBytes what the plans take at most for the values between kernels, which share memory
 * @param timeline what ran when, the first {@value #MOST_EVENTS} of runs and kernels, in the order in which they ended
 */
public record Profile(long runs, List<Kernel> kernels, int constantKernels, long arenaBytes, List<Event> timeline) {
    /** How much of a timeline is kept. */
    public static final int MOST_EVENTS = 100_000;

    /** What stands as operator of an event that is a whole run. */
    public static final String RUN = "run";

    public Profile {
        kernels = List.copyOf(kernels);
        timeline = List.copyOf(timeline);
    }

    /**
     * A kernel, host operator or whole run at the time at which it was.
     *
     * @param name the nodes of the model that it computed
     * @param operator what the first of them is, or {@link #RUN}
     * @param thread the id of the thread that ran the model; others took part in what was shared out
     * @param startNanoseconds by {@link System#nanoTime()}
     */
    public record Event(String name, String operator, long thread, long startNanoseconds, long nanoseconds) {}

    /** The timeline as JSON in the format of Chrome's traces, for {@code chrome://tracing} and Perfetto. */
    public String chromeTrace() {
        return ChromeTrace.of(timeline);
    }

    /**
     * One kernel, or host operator.
     *
     * @param name the nodes of the model that it computes
     * @param operator what the first of them is
     * @param shapes types and shapes of its results
     * @param implementation the algorithm and where its schedule is from: {@code winograd4, tuned}; {@code Java} on the host
     * @param isNative whether it is generated code; a host operator is Java
     * @param calls how often it ran
     * @param medianSeconds of one call, over the last calls
     * @param totalSeconds of all calls
     * @param flops arithmetic on elements in one call; a multiply-add is two
     * @param multiplyAdds in one call, of sums of products alone
     * @param runnerUp what else could compute it, if that was timed
     */
    public record Kernel(
            String name,
            String operator,
            String shapes,
            String implementation,
            boolean isNative,
            long calls,
            double medianSeconds,
            double totalSeconds,
            long flops,
            long multiplyAdds,
            Optional<RunnerUp> runnerUp) {
        /**
         * An implementation that was not chosen when the plan was made.
         *
         * @param seconds of it; not known of a plan file
         * @param chosenSeconds of what was chosen, timed by turns with it
         */
        public record RunnerUp(String implementation, OptionalDouble seconds, OptionalDouble chosenSeconds) {}

        /** Arithmetic in 10^9 operations a second; 0 if there is none. */
        public double gigaflopsPerSecond() {
            return medianSeconds == 0 ? 0 : flops / medianSeconds * 1e-9;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%9.3f ms %8.1f GFLOP/s  %-10s %s  %s",
                    medianSeconds * 1e3,
                    gigaflopsPerSecond(),
                    operator,
                    shapes,
                    name);
        }
    }

    /** Seconds in kernels in one run: the sum of the medians. */
    public double secondsPerRun() {
        return kernels.stream().mapToDouble(Kernel::medianSeconds).sum();
    }
}

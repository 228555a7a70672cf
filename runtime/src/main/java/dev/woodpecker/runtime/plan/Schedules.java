package dev.woodpecker.runtime.plan;

import dev.woodpecker.compiler.schedule.Trace;
import java.util.List;

/** What is known of faster ways to compute kernels than the default one. */
public interface Schedules {
    /** Knows nothing. */
    Schedules DEFAULTS = new Schedules() {
        @Override
        public List<Choice> of(TunableKernel kernel) {
            return List.of();
        }

        @Override
        public void unfit(TunableKernel kernel, Choice choice, String reason) {}
    };

    /**
     * A way to compute a kernel.
     *
     * @param variant the name of one of its alternatives
     * @param trace a schedule of that alternative's program
     * @param source where it is written, for people
     */
    record Choice(String variant, Trace trace, String source) {}

    /** What is known of a kernel, the best first. */
    List<Choice> of(TunableKernel kernel);

    /** Is told of a choice that could not be followed, and why. */
    void unfit(TunableKernel kernel, Choice choice, String reason);
}

package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Grid;
import java.util.List;
import java.util.Optional;

/**
 * What a worker is asked to do: check the candidates, then time them, one after the other or in turns.
 *
 * @param task a number; jobs of one task share inputs, and the output that candidates are compared with in full
 * @param inputs what the inputs hold
 * @param outputs what is known of each output, in order
 */
record Job(long task, InputRange inputs, List<Expectation> outputs, List<Candidate> candidates, Effort effort) {
    /** A compiled kernel and what it runs on. */
    record Candidate(
            String library,
            List<Phase> phases,
            List<Argument> arguments,
            List<Long> parameters,
            List<String> checks,
            double toleranceFactor) {
        Candidate {
            phases = List.copyOf(phases);
            arguments = List.copyOf(arguments);
            parameters = List.copyOf(parameters);
            checks = List.copyOf(checks);
        }
    }

    /**
     * A function of a library, over {@code extent} iterations.
     *
     * @param grid on a GPU, where the iterations are a grid of blocks
     */
    record Phase(String symbol, long extent, long scratchBytes, Grid grid) {
        /** One that runs on a processor. */
        Phase(String symbol, long extent, long scratchBytes) {
            this(symbol, extent, scratchBytes, Grid.NONE);
        }
    }

    /**
     * A buffer.
     *
     * @param ordinal its place among the arguments of its role, for an input among those of the task's first variant
     * @param cold whether it is read from memory in each run, since it is a weight
     * @param content the file that holds an input which was prepared, row-major
     */
    record Argument(
            Role role,
            int ordinal,
            DType type,
            List<Long> extents,
            LayoutMap layout,
            boolean cold,
            Optional<String> content) {
        Argument {
            extents = List.copyOf(extents);
        }

        Arrangement arrangement() {
            return Arrangement.of(type, extents, layout);
        }
    }

    /**
     * What is known of an output by definition: some of its elements.
     *
     * @param positions of the known elements, row-major
     * @param bits their values: the integer, or the bits of the {@code double}
     * @param tolerances how far a result may be from each
     * @param greatest the largest magnitude among the values
     * @param tolerance how far two right results may be from each other anywhere, where the magnitude is not above
     *     {@code greatest}; 0 where they must be the same
     * @param undecided the share of elements that rounding may turn into something else altogether, a sign for instance
     */
    record Expectation(
            List<Long> positions,
            List<Long> bits,
            List<Double> tolerances,
            double greatest,
            double tolerance,
            double undecided) {
        Expectation {
            positions = List.copyOf(positions);
            bits = List.copyOf(bits);
            tolerances = List.copyOf(tolerances);
        }
    }

    /**
     * How much to time.
     *
     * @param runs counted for each candidate
     * @param seconds how long at most to time one, after the least number of runs
     * @param bestSeconds of this task so far; 0 when none is known. What is far slower is given up early
     * @param coldBytes how much other memory is read before a weight is read again
     * @param inTurns whether the candidates are timed in turns
     */
    record Effort(int threads, int runs, double seconds, double bestSeconds, long coldBytes, boolean inTurns) {}

    /** What became of a candidate in the worker. */
    sealed interface Verdict {
        /** Seconds of each run. */
        record Times(List<Double> seconds) implements Verdict {
            public Times {
                seconds = List.copyOf(seconds);
            }
        }

        /**
         * It does not compute what it should.
         *
         * @param isHarmless whether it is certain that nothing but its own buffers was written
         */
        record Wrong(String reason, boolean isHarmless) implements Verdict {}

        /** There is not enough memory for its buffers. */
        record NoMemory(String reason) implements Verdict {}

        /** The device does not load or launch it. */
        record Refused(String reason) implements Verdict {}
    }

    Job {
        outputs = List.copyOf(outputs);
        candidates = List.copyOf(candidates);
    }
}

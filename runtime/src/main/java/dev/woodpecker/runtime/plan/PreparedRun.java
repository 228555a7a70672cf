package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.device.cpu.Cancellation;
import java.util.List;
import java.util.Optional;

/** Runs a plan again and again in memory of its own. Not safe for use by several threads at once. */
public interface PreparedRun extends AutoCloseable {
    /** Told about every kernel that has run. */
    @FunctionalInterface
    interface Observer {
        void ran(Invocation what, long startNanoseconds, long nanoseconds);
    }

    /**
     * Runs all kernels.
     *
     * @param inputs in the plan's order, aligned
     * @param outputs in the plan's order, aligned; filled
     * @param observer for whom kernels are timed
     * @throws dev.woodpecker.runtime.OperatorException if a run-time check fails, as for an index out of bounds; outputs are
     *     unspecified then
     * @throws java.util.concurrent.CancellationException if the run is cancelled; outputs are unspecified then
     */
    void run(
            List<NdArray> inputs,
            List<NdArray> outputs,
            Optional<? extends Observer> observer,
            Cancellation cancellation);

    /** Frees the memory. */
    @Override
    void close();
}

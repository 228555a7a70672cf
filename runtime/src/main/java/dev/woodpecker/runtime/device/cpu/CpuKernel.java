package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** A compiled kernel: phases that run one after the other, each over all workers before the next begins. */
public record CpuKernel(List<NativePhase> phases) {
    /** How a run ended. */
    public sealed interface Completion {
        record Done() implements Completion {}

        /**
         * A run-time check failed, for example a gathered index out of bounds; outputs are then unspecified.
         *
         * @param phase its index
         * @param check the check's number in that phase, from 1
         */
        record FailedCheck(int phase, int check) implements Completion {}
    }

    private static final Completion DONE = new Completion.Done();

    public CpuKernel {
        phases = List.copyOf(phases);
    }

    /** Runs all phases, each shared out to the pool. */
    public Completion run(WorkerPool pool, BufferTable buffers, MemorySegment params) {
        return run(pool, buffers, params, false, Cancellation.NEVER);
    }

    /**
     * Runs all phases.
     *
     * @param params one {@code int64_t} a run-time parameter, or {@link MemorySegment#NULL} when there are none
     * @param alone whether the calling thread does all of it: for a kernel that is over before a worker would have come
     * @throws java.util.concurrent.CancellationException between two parts, when the run is cancelled
     */
    public Completion run(
            WorkerPool pool, BufferTable buffers, MemorySegment params, boolean alone, Cancellation cancellation) {
        MemorySegment pointers = buffers.pointers();
        for (int i = 0; i < phases.size(); i++) {
            NativePhase phase = phases.get(i);
            KernelFunction function = phase.function();
            RangeTask part = (begin, end, scratch) -> {
                cancellation.check();
                return function.run(pointers, params, scratch, begin, end);
            };
            int check = alone
                    ? pool.runAlone(phase.extent(), phase.scratchBytes(), part)
                    : pool.run(phase.extent(), phase.scratchBytes(), part);
            if (check != 0) {
                return new Completion.FailedCheck(i, check);
            }
        }
        return DONE;
    }
}

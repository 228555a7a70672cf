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

    public CpuKernel {
        phases = List.copyOf(phases);
    }

    /**
     * Runs all phases.
     *
     * @param params one {@code int64_t} a run-time parameter, or {@link MemorySegment#NULL} when there are none
     */
    public Completion run(WorkerPool pool, BufferTable buffers, MemorySegment params) {
        MemorySegment pointers = buffers.pointers();
        for (int i = 0; i < phases.size(); i++) {
            NativePhase phase = phases.get(i);
            NativeKernel function = phase.function();
            int check = pool.run(
                    phase.extent(),
                    phase.scratchBytes(),
                    (begin, end, scratch) -> function.run(pointers, params, scratch, begin, end));
            if (check != 0) {
                return new Completion.FailedCheck(i, check);
            }
        }
        return new Completion.Done();
    }
}

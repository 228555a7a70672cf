package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.interp.HostTensor;
import java.util.Map;

/** How the execution of a kernel ended. */
public sealed interface Emulation {
    /** @param outputs by buffer, in logical order */
    record Finished(Map<String, HostTensor> outputs, Counts counts) implements Emulation {
        public Finished {
            outputs = Map.copyOf(outputs);
        }
    }

    /**
     * A check of the kernel's own failed, as it is meant to when an input is illegal.
     *
     * @param check what it requires
     */
    record CheckFailed(int status, String check) implements Emulation {}

    record Faulted(Fault fault) implements Emulation {}

    /**
     * What was executed and checked.
     *
     * @param accesses of global and shared memory, each tested for bounds, alignment, initialisation and races
     * @param barriers passed by whole blocks
     * @param collectives arrivals of lanes at instructions of their warp
     * @param copiedBytes copied asynchronously
     */
    record Counts(long blocks, long threads, long accesses, long barriers, long collectives, long copiedBytes) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0);

        Counts plus(Counts other) {
            return new Counts(
                    blocks + other.blocks,
                    threads + other.threads,
                    accesses + other.accesses,
                    barriers + other.barriers,
                    collectives + other.collectives,
                    copiedBytes + other.copiedBytes);
        }
    }
}

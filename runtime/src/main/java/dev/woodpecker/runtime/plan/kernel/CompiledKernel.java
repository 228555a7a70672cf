package dev.woodpecker.runtime.plan.kernel;

import java.nio.file.Path;
import java.util.List;

/**
 * A kernel as native code in a file, not loaded yet.
 *
 * @param source the C that it was compiled from; empty where that is not kept
 * @param library the shared library that has it, with others perhaps
 * @param workspaceBytes of the buffers that it needs besides inputs and outputs, in order
 * @param checks what its run-time checks say when they fail, from number 1
 */
public record CompiledKernel(
        String source, Path library, List<Phase> phases, List<Long> workspaceBytes, List<String> checks) {
    /**
     * A function of the library, to be run over a range.
     *
     * @param symbol as the library exports it
     * @param scratchBytes that each worker needs for itself
     */
    public record Phase(String symbol, long extent, long scratchBytes) {
        public Phase {
            if (extent < 0 || scratchBytes < 0) {
                throw new IllegalArgumentException("extent " + extent + ", scratch bytes " + scratchBytes);
            }
        }
    }

    public CompiledKernel {
        phases = List.copyOf(phases);
        workspaceBytes = List.copyOf(workspaceBytes);
        checks = List.copyOf(checks);
    }
}

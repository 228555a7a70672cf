package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import java.nio.file.Path;
import java.util.List;

/**
 * A kernel as native code in a file, not loaded yet.
 *
 * @param source the C or CUDA that it was compiled from; empty where that is not kept
 * @param library the shared library or the cubin that has it, with others perhaps
 * @param workspaceBytes of the buffers that it needs besides inputs and outputs, in order
 * @param checks what its run-time checks say when they fail, from number 1
 * @param storesOnce whether each element of its results is known to be stored once, and never read
 */
public record CompiledKernel(
        String source,
        Path library,
        List<Phase> phases,
        List<Long> workspaceBytes,
        List<String> checks,
        boolean storesOnce) {
    /**
     * A function of the library, to be run over a range.
     *
     * @param symbol as the library exports it
     * @param scratchBytes that each worker needs for itself
     * @param grid on a GPU, where the range is a grid of blocks
     */
    public record Phase(String symbol, long extent, long scratchBytes, Grid grid) {
        /** A phase that runs on a processor. */
        public Phase(String symbol, long extent, long scratchBytes) {
            this(symbol, extent, scratchBytes, Grid.NONE);
        }

        public Phase {
            if (extent < 0 || scratchBytes < 0) {
                throw new IllegalArgumentException("extent " + extent + ", scratch bytes " + scratchBytes);
            }
        }
    }

    /**
     * Blocks in x, y, z, of which there may be none, and threads of a block in x, y, z.
     *
     * @param dynamicSharedBytes of each block that the launch gives
     * @param maps that the kernel wants of its arguments
     */
    public record Grid(List<Long> blocks, List<Integer> threads, long dynamicSharedBytes, List<MappedArgument> maps) {
        public static final Grid NONE = new Grid(List.of(1L, 1L, 1L), List.of(1, 1, 1), 0, List.of());

        public Grid {
            blocks = List.copyOf(blocks);
            threads = List.copyOf(threads);
            maps = List.copyOf(maps);
            if (blocks.size() != 3 || threads.size() != 3) {
                throw new IllegalArgumentException(
                        "blocks " + blocks + ", threads " + threads + "; three extents each");
            }
        }
    }

    public CompiledKernel {
        phases = List.copyOf(phases);
        workspaceBytes = List.copyOf(workspaceBytes);
        checks = List.copyOf(checks);
    }
}

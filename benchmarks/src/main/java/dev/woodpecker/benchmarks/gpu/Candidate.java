package dev.woodpecker.benchmarks.gpu;

import java.util.List;
import java.util.Map;

/**
 * A compiled kernel for a workload, with all that a launch needs.
 *
 * @param id unique in a kit
 * @param workload its name
 * @param decisions of its schedule; of the default schedule where {@code standard}
 * @param modelMicroseconds by arithmetic, before it was compiled
 * @param cubin the entry of the archive
 */
record Candidate(
        String id,
        String workload,
        boolean standard,
        Map<String, Long> decisions,
        double modelMicroseconds,
        String cubin,
        List<Phase> phases,
        List<Argument> arguments) {
    /**
     * A launch; extents in x, y, z.
     *
     * @param maps as {@link dev.woodpecker.runtime.device.cuda.driver.MappedArgument} writes them
     */
    record Phase(String symbol, List<Integer> grid, List<Integer> block, int dynamicSharedBytes, List<String> maps) {}

    /** A buffer in the order of the kernel's parameters; the inputs come in the operator's order. */
    record Argument(String name, Role role, long bytes) {}

    enum Role {
        INPUT,
        OUTPUT,
        WORKSPACE
    }
}

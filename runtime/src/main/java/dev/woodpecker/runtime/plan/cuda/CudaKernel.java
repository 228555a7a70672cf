package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import java.util.List;

/**
 * A kernel on a device, ready to be launched.
 *
 * @param phases that have any blocks
 * @param checks what its run-time checks say when they fail, from number 1
 */
record CudaKernel(List<Phase> phases, List<String> checks) {
    record Phase(Function function, Extent3 grid, Extent3 block, int dynamicSharedBytes, List<MappedArgument> maps) {
        Phase {
            maps = List.copyOf(maps);
        }
    }

    CudaKernel {
        phases = List.copyOf(phases);
        checks = List.copyOf(checks);
    }
}

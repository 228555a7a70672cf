package dev.woodpecker.runtime.device.cuda.driver;

import java.util.List;

/**
 * A grid to run.
 *
 * @param dynamicSharedBytes of each block, besides what the kernel declares; beyond 48 kB the function has to be allowed them
 * @param arguments of 8 bytes each, in the order of {@link dev.woodpecker.compiler.emit.KernelAbi}: addresses of buffers,
 *     parameters, the address of the status
 */
public record KernelLaunch(
        CudaHandle.Function function, Extent3 grid, Extent3 block, int dynamicSharedBytes, List<Long> arguments) {
    public KernelLaunch {
        arguments = List.copyOf(arguments);
        if (dynamicSharedBytes < 0) {
            throw new IllegalArgumentException(dynamicSharedBytes + " bytes of shared memory");
        }
    }

    /** The same with other arguments. */
    public KernelLaunch with(List<Long> newArguments) {
        return new KernelLaunch(function, grid, block, dynamicSharedBytes, newArguments);
    }
}

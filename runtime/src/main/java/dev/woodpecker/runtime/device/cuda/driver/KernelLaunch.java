package dev.woodpecker.runtime.device.cuda.driver;

import java.util.List;

/**
 * A grid to run.
 *
 * @param dynamicSharedBytes of each block, besides what the kernel declares; beyond 48 kB the function has to be allowed them
 * @param arguments of 8 bytes each, in the order of {@link dev.woodpecker.compiler.emit.KernelAbi}: addresses of buffers,
 *     parameters, the address of the status
 * @param maps the arguments behind them, of the addresses that the former have
 */
public record KernelLaunch(
        CudaHandle.Function function,
        Extent3 grid,
        Extent3 block,
        int dynamicSharedBytes,
        List<Long> arguments,
        List<TensorMapBits> maps) {
    public KernelLaunch {
        arguments = List.copyOf(arguments);
        maps = List.copyOf(maps);
        if (dynamicSharedBytes < 0) {
            throw new IllegalArgumentException(dynamicSharedBytes + " bytes of shared memory");
        }
    }

    /** Of a kernel without maps. */
    public KernelLaunch(
            CudaHandle.Function function, Extent3 grid, Extent3 block, int dynamicSharedBytes, List<Long> arguments) {
        this(function, grid, block, dynamicSharedBytes, arguments, List.of());
    }

    /** The same with other arguments. */
    public KernelLaunch with(List<Long> newArguments) {
        return with(newArguments, maps);
    }

    /** The same with other arguments and the maps of their addresses. */
    public KernelLaunch with(List<Long> newArguments, List<TensorMapBits> newMaps) {
        return new KernelLaunch(function, grid, block, dynamicSharedBytes, newArguments, newMaps);
    }
}

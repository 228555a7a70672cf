package dev.woodpecker.runtime.device.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUDA_KERNEL_NODE_PARAMS;
import jcuda.driver.CUfunction;

/** A launch's arguments as the driver reads them: addresses, one for each argument, of 8 bytes each or 128 for a map. */
final class JcudaArguments {
    private JcudaArguments() {}

    /**
     * The {@code void **kernelParams} of a launch.
     *
     * @param arena until the call is over: the driver copies the values
     */
    static Pointer pointer(KernelLaunch launch, Arena arena) {
        List<List<Long>> values = new ArrayList<>();
        launch.arguments().forEach(value -> values.add(List.of(value)));
        launch.maps().forEach(map -> values.add(map.words()));
        long words = values.stream().mapToLong(List::size).sum();
        MemorySegment memory = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, values.size() + words));
        long next = values.size();
        for (int i = 0; i < values.size(); i++) {
            memory.setAtIndex(ValueLayout.JAVA_LONG, i, memory.address() + Long.BYTES * next);
            for (long word : values.get(i)) {
                memory.setAtIndex(ValueLayout.JAVA_LONG, next++, word);
            }
        }
        return new HostAddress(memory.address());
    }

    static CUDA_KERNEL_NODE_PARAMS node(KernelLaunch launch, CUfunction function, Arena arena) {
        CUDA_KERNEL_NODE_PARAMS parameters = new CUDA_KERNEL_NODE_PARAMS();
        parameters.func = function;
        parameters.gridDimX = launch.grid().x();
        parameters.gridDimY = launch.grid().y();
        parameters.gridDimZ = launch.grid().z();
        parameters.blockDimX = launch.block().x();
        parameters.blockDimY = launch.block().y();
        parameters.blockDimZ = launch.block().z();
        parameters.sharedMemBytes = launch.dynamicSharedBytes();
        parameters.kernelParams = pointer(launch, arena);
        return parameters;
    }
}

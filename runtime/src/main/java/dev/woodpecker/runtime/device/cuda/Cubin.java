package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.compiler.lower.LoweredKernel;
import java.nio.file.Path;
import java.util.List;

/**
 * Compiled CUDA code for one architecture.
 *
 * @param file the ELF file that the driver loads
 * @param resources one entry a kernel
 */
public record Cubin(Path file, CudaArchitecture architecture, List<KernelResources> resources) {
    public Cubin {
        resources = List.copyOf(resources);
    }

    /** What the kernel of a phase takes when it is launched. */
    public KernelResources resources(LoweredKernel.Phase phase) {
        return resources(phase.symbol()).withDynamicShared(phase.launch().dynamicSharedBytes());
    }

    /** What {@code kernel} takes. */
    public KernelResources resources(String kernel) {
        return resources.stream()
                .filter(entry -> entry.kernel().equals(kernel))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no kernel '" + kernel + "' in " + file));
    }
}

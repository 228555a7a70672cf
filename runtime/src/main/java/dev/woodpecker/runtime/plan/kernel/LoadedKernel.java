package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.device.cpu.CpuKernel;
import java.util.List;

/**
 * A kernel ready to run.
 *
 * @param source the C that it was compiled from
 * @param workspaceBytes of the buffers that it needs besides inputs and outputs, in order
 * @param checks what its run-time checks say when they fail, from number 1
 */
public record LoadedKernel(String source, CpuKernel code, List<Long> workspaceBytes, List<String> checks) {
    public LoadedKernel {
        workspaceBytes = List.copyOf(workspaceBytes);
        checks = List.copyOf(checks);
    }
}

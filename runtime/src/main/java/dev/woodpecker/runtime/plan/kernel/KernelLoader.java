package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeLibrary;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Loads compiled kernels, each library once. Safe for use by several threads. */
public final class KernelLoader {
    private final Arena arena;
    private final Map<Path, NativeLibrary> libraries = new HashMap<>();

    /**
     * @param arena how long the code stays loaded
     */
    public KernelLoader(Arena arena) {
        this.arena = arena;
    }

    /**
     * @throws dev.woodpecker.runtime.device.cpu.NativeLibraryException when the dynamic loader refuses
     */
    public synchronized LoadedKernel load(CompiledKernel kernel) {
        NativeLibrary library = libraries.computeIfAbsent(kernel.library(), file -> NativeLibrary.open(file, arena));
        List<NativePhase> phases = new ArrayList<>();
        for (CompiledKernel.Phase phase : kernel.phases()) {
            phases.add(new NativePhase(library.kernel(phase.symbol()), phase.extent(), phase.scratchBytes()));
        }
        return new LoadedKernel(kernel.source(), new CpuKernel(phases), kernel.workspaceBytes(), kernel.checks());
    }
}

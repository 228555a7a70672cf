package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Loads code to a device, each file once, for as long as a model lives. Safe for use by several threads. */
final class CudaKernelLoader {
    /** What a grid may have in y and in z. */
    private static final long MOST_BLOCKS = 65_535;

    private final CudaDevice device;
    private final Arena arena;
    private final Map<Path, Module> modules = new HashMap<>();

    CudaKernelLoader(CudaDevice device, Arena arena) {
        this.device = device;
        this.arena = arena;
    }

    synchronized CudaKernel load(CompiledKernel kernel) {
        Module module = modules.computeIfAbsent(kernel.library(), this::load);
        List<CudaKernel.Phase> phases = new ArrayList<>();
        for (CompiledKernel.Phase phase : kernel.phases()) {
            if (!phase.grid().blocks().contains(0L)) {
                phases.add(phase(module, phase));
            }
        }
        return new CudaKernel(phases, kernel.checks());
    }

    private Module load(Path file) {
        try {
            byte[] image = Files.readAllBytes(file);
            Module module = device.use(() -> device.driver().load(image, file.toString()));
            AtClose.of(arena, () -> device.release(driver -> driver.unload(module)));
            return module;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private CudaKernel.Phase phase(Module module, CompiledKernel.Phase phase) {
        List<Long> blocks = phase.grid().blocks();
        if (blocks.get(0) > Integer.MAX_VALUE || blocks.get(1) > MOST_BLOCKS || blocks.get(2) > MOST_BLOCKS) {
            throw new IllegalStateException(
                    phase.symbol() + " has a grid of " + blocks + " blocks, which is more than a device takes");
        }
        Function function = device.use(() -> device.driver().function(module, phase.symbol()));
        int sharedBytes = Math.toIntExact(phase.grid().dynamicSharedBytes());
        if (sharedBytes > CudaDriver.SHARED_BYTES) {
            device.run(() -> device.driver().allowSharedBytes(function, sharedBytes));
        }
        List<Integer> threads = phase.grid().threads();
        return new CudaKernel.Phase(
                function,
                new Extent3(
                        Math.toIntExact(blocks.get(0)), Math.toIntExact(blocks.get(1)), Math.toIntExact(blocks.get(2))),
                new Extent3(threads.get(0), threads.get(1), threads.get(2)),
                sharedBytes,
                phase.grid().maps());
    }
}

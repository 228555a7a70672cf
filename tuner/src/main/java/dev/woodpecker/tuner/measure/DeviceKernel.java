package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Grid;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A candidate's code on the device. */
final class DeviceKernel implements AutoCloseable {
    private final CudaDriver driver;
    private final Module module;
    private final List<Launch> launches = new ArrayList<>();

    /** Without arguments, and without the maps of those. */
    private record Launch(KernelLaunch kernel, List<MappedArgument> maps) {}

    /**
     * Loads it.
     *
     * @throws dev.woodpecker.runtime.device.cuda.driver.CudaException if the device does not take it
     */
    DeviceKernel(CudaDriver driver, Job.Candidate candidate) {
        this.driver = driver;
        try {
            module = driver.load(Files.readAllBytes(Path.of(candidate.library())), candidate.library());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + candidate.library(), e);
        }
        try {
            candidate.phases().stream()
                    .filter(phase -> !phase.grid().blocks().contains(0L))
                    .forEach(this::add);
        } catch (RuntimeException refused) {
            close();
            throw refused;
        }
    }

    private void add(Job.Phase phase) {
        Function function = driver.function(module, phase.symbol());
        Grid grid = phase.grid();
        int sharedBytes = Math.toIntExact(grid.dynamicSharedBytes());
        if (sharedBytes > CudaDriver.SHARED_BYTES) {
            driver.allowSharedBytes(function, sharedBytes);
        }
        List<Integer> blocks = grid.blocks().stream().map(Math::toIntExact).toList();
        launches.add(new Launch(
                new KernelLaunch(function, extent(blocks), extent(grid.threads()), sharedBytes, List.of()),
                grid.maps()));
    }

    private static Extent3 extent(List<Integer> extents) {
        return new Extent3(extents.get(0), extents.get(1), extents.get(2));
    }

    /** Enqueues a run. */
    void run(List<Long> arguments, Stream stream) {
        launches.forEach(launch -> driver.launch(
                launch.kernel.with(arguments, MappedArgument.encoded(launch.maps, arguments, driver)), stream));
    }

    @Override
    public void close() {
        Release.of(() -> driver.unload(module));
    }
}

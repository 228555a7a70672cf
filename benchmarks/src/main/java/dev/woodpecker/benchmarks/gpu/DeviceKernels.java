package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.benchmarks.gpu.Candidate.Argument;
import dev.woodpecker.benchmarks.gpu.Candidate.Phase;
import dev.woodpecker.benchmarks.gpu.Candidate.Role;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Function;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Module;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Extent3;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The kernels of an archive on a device, loaded as they are needed. */
final class DeviceKernels implements AutoCloseable {
    private final CudaDriver driver;
    private final Stream stream;
    private final KernelArchive archive;
    private final Map<String, Module> modules = new HashMap<>();
    private final DevicePointer status;

    DeviceKernels(CudaDriver driver, Stream stream, KernelArchive archive) {
        this.driver = driver;
        this.stream = stream;
        this.archive = archive;
        this.status = driver.allocate(Long.BYTES, "the status of kernels");
        driver.fill(status, (byte) 0, Long.BYTES, stream);
    }

    /** A candidate that can be launched with buffers of its own. */
    final class Loaded implements AutoCloseable {
        private final Candidate candidate;
        private final List<Function> functions = new ArrayList<>();
        private final Map<String, DevicePointer> workspaces = new HashMap<>();

        private Loaded(Candidate candidate) throws IOException {
            this.candidate = candidate;
            Module module = module(candidate.cubin());
            for (Phase phase : candidate.phases()) {
                Function function = driver.function(module, phase.symbol());
                if (phase.dynamicSharedBytes() > 0) {
                    driver.allowSharedBytes(function, phase.dynamicSharedBytes());
                }
                functions.add(function);
            }
            for (Argument argument : candidate.arguments()) {
                if (argument.role() == Role.WORKSPACE) {
                    workspaces.put(
                            argument.name(),
                            driver.allocate(argument.bytes(), "the workspace of " + candidate.workload()));
                }
            }
        }

        /** Enqueues it; inputs and outputs by their number among the arguments that are no workspace. */
        void run(IntFunction<DevicePointer> buffers) {
            List<Long> arguments = new ArrayList<>();
            int number = 0;
            for (Argument argument : candidate.arguments()) {
                DevicePointer own = workspaces.get(argument.name());
                arguments.add(own == null ? buffers.apply(number++).address() : own.address());
            }
            arguments.add(status.address());
            for (int i = 0; i < functions.size(); i++) {
                Phase phase = candidate.phases().get(i);
                driver.launch(
                        new KernelLaunch(
                                functions.get(i),
                                extent(phase.grid()),
                                extent(phase.block()),
                                phase.dynamicSharedBytes(),
                                arguments,
                                MappedArgument.encoded(
                                        phase.maps().stream()
                                                .map(MappedArgument::parse)
                                                .toList(),
                                        arguments,
                                        driver)),
                        stream);
            }
        }

        @Override
        public void close() {
            workspaces.values().forEach(workspace -> Release.of(() -> driver.free(workspace)));
        }
    }

    Loaded load(Candidate candidate) throws IOException {
        return new Loaded(candidate);
    }

    private Module module(String cubin) throws IOException {
        Module known = modules.get(cubin);
        if (known != null) {
            return known;
        }
        Module loaded = driver.load(archive.cubin(cubin), cubin);
        modules.put(cubin, loaded);
        return loaded;
    }

    /** The number of a check that failed since the last time; 0 for none. */
    int takeStatus() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            driver.copy(status, value, stream);
            driver.fill(status, (byte) 0, Long.BYTES, stream);
            driver.synchronize(stream);
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private static Extent3 extent(List<Integer> extents) {
        return new Extent3(extents.get(0), extents.get(1), extents.get(2));
    }

    @Override
    public void close() {
        modules.values().forEach(module -> Release.of(() -> driver.unload(module)));
        Release.of(() -> driver.free(status));
    }
}

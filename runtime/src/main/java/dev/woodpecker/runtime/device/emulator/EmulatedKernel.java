package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Argument;
import dev.woodpecker.compiler.lower.LoweredKernel.Phase;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.lower.SharedMemory;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.device.cuda.driver.TensorMapBits;
import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A CUDA text ready to be executed. */
public final class EmulatedKernel {
    /** In what order threads and blocks run where they may run in any; rising numbers. */
    public static final long RISING = 0;

    /** The highest first. */
    public static final long FALLING = 1;

    /** Ends what would not end by itself; the slowest kernel of the library's tests takes a second. */
    public static final long LIMIT_SECONDS = 60;

    private static final long ALIGNMENT_BYTES = 1024;

    private final CudaText text;
    private final int number;
    private final EmulatedLibrary library;
    private final Map<String, List<Region>> ofPhases = new HashMap<>();

    EmulatedKernel(CudaText text, int number, EmulatedLibrary library) {
        this.text = text;
        this.number = number;
        this.library = library;
    }

    public CudaText text() {
        return text;
    }

    /** The same, for memory that another manages. */
    EmulatedModule module() {
        return new EmulatedModule(text, number, library);
    }

    /** Runs it with threads in rising order. */
    public Emulation run(Map<String, HostTensor> inputs) {
        return run(inputs, RISING, LIMIT_SECONDS);
    }

    /**
     * Runs it.
     *
     * @param inputs by buffer, in logical order
     * @param seed {@link #RISING}, {@link #FALLING}, or another number, each for an order of its own
     * @throws IllegalArgumentException if an input is missing, or extents are known at run time only
     */
    public Emulation run(Map<String, HostTensor> inputs, long seed, long limitSeconds) {
        LoweredKernel kernel = text.kernel();
        if (!kernel.parameters().isEmpty()) {
            throw new IllegalArgumentException(kernel.name() + " has parameters " + kernel.parameters()
                    + "; specialise it for their values to emulate it");
        }
        synchronized (library.lock()) {
            try (Arena arena = Arena.ofShared()) {
                return new Run(arena, seed, limitSeconds).run(inputs);
            }
        }
    }

    private final class Run {
        private final Arena arena;
        private final long seed;
        private final long limitSeconds;
        private final Map<String, MemorySegment> memory = new LinkedHashMap<>();
        private final List<Region> regions = new ArrayList<>();
        private final Map<String, MemorySegment> cells = new HashMap<>();
        private final MemorySegment status;
        private long epoch;

        private Run(Arena arena, long seed, long limitSeconds) {
            this.arena = arena;
            this.seed = seed;
            this.limitSeconds = limitSeconds;
            this.status = arena.allocate(ALIGNMENT_BYTES, ALIGNMENT_BYTES);
        }

        private Emulation run(Map<String, HostTensor> inputs) {
            LoweredKernel kernel = text.kernel();
            for (Argument argument : kernel.arguments()) {
                allocate(argument, inputs);
            }
            add(new Region("status", Region.Kind.GLOBAL_WRITE, status.address(), 4, 4));
            Emulation.Counts counts = Emulation.Counts.NONE;
            for (Phase phase : kernel.phases()) {
                Emulation ended = launch(phase);
                if (!(ended instanceof Emulation.Finished finished)) {
                    return ended;
                }
                counts = counts.plus(finished.counts());
            }
            Map<String, HostTensor> outputs = new HashMap<>();
            for (Argument argument : kernel.arguments()) {
                if (argument.role() == Role.OUTPUT) {
                    Buffer buffer = argument.buffer();
                    outputs.put(buffer.name(), TensorMemory.read(buffer, segment(buffer)));
                }
            }
            return new Emulation.Finished(outputs, counts);
        }

        /** What is to be written starts as NaN, integers as -1. */
        private void allocate(Argument argument, Map<String, HostTensor> inputs) {
            Buffer buffer = argument.buffer();
            long bytes = TensorMemory.bytes(buffer);
            MemorySegment segment = NativeMemory.allocate(arena, bytes + 2 * ALIGNMENT_BYTES, buffer.name())
                    .fill((byte) -1);
            long start = -segment.address() & (ALIGNMENT_BYTES - 1);
            MemorySegment own = segment.asSlice(start, bytes);
            memory.put(buffer.name(), own);
            if (argument.role() == Role.INPUT) {
                HostTensor tensor = inputs.get(buffer.name());
                if (tensor == null) {
                    throw new IllegalArgumentException(
                            text.kernel().name() + " needs the input " + buffer.name() + "; given: " + inputs.keySet());
                }
                TensorMemory.write(tensor, buffer.layout(), own);
            }
            Region.Kind kind = argument.role() == Role.INPUT ? Region.Kind.GLOBAL_READ : Region.Kind.GLOBAL_WRITE;
            add(new Region(
                    buffer.name(), kind, own.address(), bytes, buffer.type().bytes()));
        }

        private void add(Region region) {
            regions.add(region);
            if (region.kind().isWatched()) {
                cells.put(region.name(), cells(region));
            }
        }

        private MemorySegment cells(Region region) {
            return NativeMemory.allocate(
                    arena, region.elements() * library.cellBytes(), "who accessed " + region.name());
        }

        private MemorySegment segment(Buffer buffer) {
            return Optional.ofNullable(memory.get(buffer.name())).orElseThrow();
        }

        private Emulation launch(Phase phase) {
            long[] grid = TensorMemory.extents(phase.launch().grid());
            List<Region> all = new ArrayList<>(regions);
            all.addAll(
                    ofPhases.computeIfAbsent(phase.symbol(), symbol -> library.regions(number, symbol, text.text())));
            Optional<MemorySegment> dynamic = dynamicShared(phase);
            dynamic.ifPresent(given -> all.addAll(arrays(phase, given)));
            GridRun.Ended ended = new GridRun(text, number, library, seed, limitSeconds)
                    .run(phase, grid, arguments(phase), all, this::watched, launch -> prepared(launch, dynamic), arena);
            LaunchRecord launch = ended.launch();
            epoch = launch.get(Field.EPOCH);
            if (ended.fault().isPresent()) {
                return new Emulation.Faulted(ended.fault().get());
            }
            int failed = status.get(ValueLayout.JAVA_INT, 0);
            if (failed != 0) {
                return new Emulation.CheckFailed(failed, text.kernel().checks().get(failed - 1));
            }
            long blocks = grid[0] * grid[1] * grid[2];
            long threads = phase.launch().block().stream().reduce(1, Math::multiplyExact);
            return new Emulation.Finished(
                    Map.of(),
                    new Emulation.Counts(
                            blocks,
                            blocks * threads,
                            launch.get(Field.ACCESSES),
                            launch.get(Field.BARRIERS),
                            launch.get(Field.COLLECTIVES),
                            launch.get(Field.COPIED)));
        }

        private LaunchRecord prepared(LaunchRecord launch, Optional<MemorySegment> dynamicShared) {
            dynamicShared.ifPresent(given -> launch.set(Field.DYNAMIC_SHARED, given));
            launch.set(Field.STATUS, status);
            launch.set(Field.EPOCH, epoch);
            return launch;
        }

        /** What is kept from launch to launch, or new. */
        private MemorySegment watched(Region region) {
            return regions.contains(region)
                    ? Optional.ofNullable(cells.get(region.name())).orElseThrow()
                    : cells(region);
        }

        /** What the launch gives: twice as much as is asked for. */
        private Optional<MemorySegment> dynamicShared(Phase phase) {
            long bytes = phase.launch().dynamicSharedBytes();
            return bytes == 0
                    ? Optional.empty()
                    : Optional.of(arena.allocate(2 * bytes + ALIGNMENT_BYTES, ALIGNMENT_BYTES));
        }

        /** The arrays that lie there, each followed by as many bytes that belong to none. */
        private static List<Region> arrays(Phase phase, MemorySegment given) {
            return SharedMemory.of(phase.body()).arrays().values().stream()
                    .map(array -> new Region(
                            array.buffer().name(),
                            Region.Kind.SHARED,
                            given.address() + 2 * array.offset(),
                            PlanScratch.bytes(array.buffer()),
                            array.buffer().type().bytes()))
                    .toList();
        }

        private MemorySegment arguments(Phase phase) {
            List<Long> addresses = new ArrayList<>();
            memory.values().forEach(segment -> addresses.add(segment.address()));
            addresses.add(status.address());
            List<TensorMapBits> maps = MappedArgument.of(text.kernel(), phase).stream()
                    .map(map -> EmulatedMaps.encoded(map.tensor(addresses)))
                    .toList();
            return EmulatedMaps.table(addresses, maps, arena);
        }
    }
}

package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A CUDA text as a driver would load it: known by its kernels' names alone, launched on memory that somebody else manages.
 * Who wrote what in that memory is not remembered; bounds and alignment are checked, and all of what a block shares.
 */
final class EmulatedModule {
    private static final Pattern KERNEL =
            Pattern.compile("__global__\\s+void\\s+(?:__launch_bounds__\\([^)]*\\)\\s+)?(\\w+)\\(");

    private static final long STACK_BYTES = 96 << 10;
    /** As emulator.cc has it below each stack. */
    private static final long ZONE_BYTES = 4096;

    private static final long COPY_CAPACITY = 1 << 14;

    private final CudaText text;
    private final int number;
    private final EmulatedLibrary library;
    private final Map<String, List<Region>> ofKernels = new ConcurrentHashMap<>();

    EmulatedModule(CudaText text, int number, EmulatedLibrary library) {
        this.text = text;
        this.number = number;
        this.library = library;
    }

    /** @param isStrict whether a product and a sum are rounded one by one */
    static EmulatedModule load(Emulator emulator, String name, String text, boolean isStrict) {
        List<LoweredKernel.Phase> phases = new ArrayList<>();
        Matcher found = KERNEL.matcher(text);
        while (found.find()) {
            phases.add(phase(found.group(1), LoweredKernel.Launch.NONE));
        }
        LoweredKernel kernel = new LoweredKernel(
                name,
                Target.parse("cuda:sm_80"),
                isStrict ? Numerics.STRICT : Numerics.FP32,
                List.of(),
                List.of(),
                phases,
                List.of());
        return emulator.load(new CudaText(kernel, text)).module();
    }

    private static LoweredKernel.Phase phase(String symbol, LoweredKernel.Launch launch) {
        return new LoweredKernel.Phase(symbol, Expr.index(1), 0, launch, new Stmt.Seq(List.of()));
    }

    boolean has(String symbol) {
        return text.symbols().contains(symbol);
    }

    /**
     * Runs a grid to its end.
     *
     * @param arguments of 8 bytes each
     * @param memory all that the grid may access, by name
     */
    Emulation launch(
            String symbol,
            List<Long> grid,
            List<Integer> block,
            List<Long> arguments,
            Map<String, MemorySegment> memory,
            long limitSeconds) {
        List<Expr> extents = grid.stream().map(Expr::index).map(Expr.class::cast).toList();
        LoweredKernel.Phase phase = phase(symbol, new LoweredKernel.Launch(extents, block));
        synchronized (library.lock()) {
            try (Arena arena = Arena.ofShared()) {
                return run(phase, grid, block, arguments, memory, limitSeconds, arena);
            }
        }
    }

    private Emulation run(
            LoweredKernel.Phase phase,
            List<Long> grid,
            List<Integer> block,
            List<Long> arguments,
            Map<String, MemorySegment> memory,
            long limitSeconds,
            Arena arena) {
        MemorySegment table = arena.allocate(ValueLayout.JAVA_LONG, Math.max(1, arguments.size()));
        for (int i = 0; i < arguments.size(); i++) {
            table.setAtIndex(ValueLayout.JAVA_LONG, i, arguments.get(i));
        }
        long threads = block.stream().mapToLong(extent -> extent).reduce(1, Math::multiplyExact);
        List<Region> regions = regions(phase.symbol(), memory, table);
        LaunchRecord launch = new LaunchRecord(arena);
        launch.set(Field.KERNEL, library.entry(number, phase.symbol()));
        launch.set(Field.ARGUMENTS, table);
        for (int i = 0; i < 3; i++) {
            launch.set(Field.values()[Field.GRID_X.ordinal() + i], grid.get(i));
            launch.set(Field.values()[Field.BLOCK_X.ordinal() + i], block.get(i));
        }
        launch.set(Field.STACKS, library.stacks(threads * (STACK_BYTES + ZONE_BYTES)));
        launch.set(Field.STACK_BYTES, STACK_BYTES);
        launch.set(Field.REGIONS, records(regions, arena));
        launch.set(Field.REGION_COUNT, regions.size());
        launch.set(Field.FIBERS, NativeMemory.allocate(arena, threads * library.fiberBytes(), "threads"));
        launch.set(Field.COPIES, NativeMemory.allocate(arena, COPY_CAPACITY * library.copyBytes(), "copies"));
        launch.set(Field.COPY_CAPACITY, COPY_CAPACITY);
        launch.set(Field.STATUS, arena.allocate(ValueLayout.JAVA_LONG));
        launch.set(Field.SEED, EmulatedKernel.RISING);
        try (TimeLimit _ = TimeLimit.start(launch, limitSeconds)) {
            library.run(launch);
        }
        if (launch.get(Field.FAULT) != 0) {
            return new Emulation.Faulted(new FaultReport(launch, phase, text, number, library, regions).fault());
        }
        return new Emulation.Finished(Map.of(), Emulation.Counts.NONE);
    }

    private List<Region> regions(String symbol, Map<String, MemorySegment> memory, MemorySegment table) {
        List<Region> regions = new ArrayList<>();
        memory.forEach((name, segment) ->
                regions.add(new Region(name, Region.Kind.GLOBAL_WRITE, segment.address(), segment.byteSize(), 1)));
        regions.addAll(ofKernels.computeIfAbsent(symbol, s -> library.regions(number, s, text.text())));
        regions.add(
                new Region("the arguments", Region.Kind.CONSTANT, table.address(), table.byteSize(), Long.BYTES));
        return regions;
    }

    private MemorySegment records(List<Region> regions, Arena arena) {
        MemorySegment records = arena.allocate(Region.RECORD_BYTES * regions.size(), 8);
        for (int i = 0; i < regions.size(); i++) {
            Region region = regions.get(i);
            MemorySegment cells = region.kind() == Region.Kind.SHARED
                    ? NativeMemory.allocate(arena, region.elements() * library.cellBytes(), "who accessed " + region.name())
                    : MemorySegment.NULL;
            region.write(records, i, cells);
        }
        return records;
    }
}

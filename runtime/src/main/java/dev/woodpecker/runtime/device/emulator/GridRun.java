package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.lower.LoweredKernel.Phase;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One launch of a grid, by whoever holds the library's lock.
 *
 * @param number of the text in its library
 * @param seed in what order threads and blocks run
 */
record GridRun(CudaText text, int number, EmulatedLibrary library, long seed, long limitSeconds) {
    private static final long STACK_BYTES = 96 << 10;
    /** As emulator.cc has it below each stack. */
    private static final long ZONE_BYTES = 4096;

    private static final long COPY_CAPACITY = 1 << 14;

    /** Gives a region the memory in which it is noted who accessed it. */
    interface Cells {
        MemorySegment of(Region region);
    }

    /** What was noted, and what was wrong if anything was. */
    record Ended(LaunchRecord launch, Optional<Fault> fault) {}

    /**
     * Runs the grid to its end.
     *
     * @param grid blocks in x, y, z
     * @param arguments of 8 bytes each
     * @param regions all that it may access, but for the arguments
     * @param setUp of what else the launch is to know
     */
    Ended run(
            Phase phase,
            long[] grid,
            MemorySegment arguments,
            List<Region> regions,
            Cells cells,
            UnaryOperator<LaunchRecord> setUp,
            Arena arena) {
        long threads = phase.launch().block().stream().reduce(1, Math::multiplyExact);
        LaunchRecord launch = setUp.apply(new LaunchRecord(arena));
        launch.set(Field.KERNEL, library.entry(number, phase.symbol()));
        launch.set(Field.ARGUMENTS, arguments);
        for (int i = 0; i < 3; i++) {
            launch.set(Field.values()[Field.GRID_X.ordinal() + i], grid[i]);
            launch.set(
                    Field.values()[Field.BLOCK_X.ordinal() + i],
                    phase.launch().block().get(i));
        }
        List<Region> all = new ArrayList<>(regions);
        all.add(new Region(
                "the arguments", Region.Kind.CONSTANT, arguments.address(), arguments.byteSize(), Long.BYTES));
        launch.set(Field.STACKS, library.stacks(threads * (STACK_BYTES + ZONE_BYTES)));
        launch.set(Field.STACK_BYTES, STACK_BYTES);
        launch.set(Field.REGIONS, records(all, cells, arena));
        launch.set(Field.REGION_COUNT, all.size());
        launch.set(Field.FIBERS, NativeMemory.allocate(arena, threads * library.fiberBytes(), "threads"));
        launch.set(Field.COPIES, NativeMemory.allocate(arena, COPY_CAPACITY * library.copyBytes(), "copies"));
        launch.set(Field.COPY_CAPACITY, COPY_CAPACITY);
        launch.set(Field.SEED, seed);
        try (TimeLimit _ = TimeLimit.start(launch, limitSeconds)) {
            library.run(launch);
        }
        boolean faulted = launch.get(Field.FAULT) != 0;
        return new Ended(
                launch,
                faulted
                        ? Optional.of(new FaultReport(launch, phase, text, number, library, all).fault())
                        : Optional.empty());
    }

    private static MemorySegment records(List<Region> regions, Cells cells, Arena arena) {
        MemorySegment records = arena.allocate(Region.RECORD_BYTES * regions.size(), 8);
        for (int i = 0; i < regions.size(); i++) {
            Region region = regions.get(i);
            region.write(records, i, region.kind().isWatched() ? cells.of(region) : MemorySegment.NULL);
        }
        return records;
    }
}

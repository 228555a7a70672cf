package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.emulator.LaunchRecord.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** An array in the shared memory that a launch gives, as kernels declare it: type, name, offset, elements. */
    private static final Pattern DYNAMIC = Pattern.compile(
            "(\\w[\\w ]*) \\*const (\\w+) = \\([^)]*\\)\\(\\w+ \\+ (\\d+)\\); /\\* (\\d+) elements \\*/");

    private static final long ALIGNMENT_BYTES = 1024;

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
     * @param launched a kernel of the text
     * @param memory all that the grid may access, by name
     */
    Emulation launch(KernelLaunch launched, Map<String, MemorySegment> memory, long limitSeconds) {
        long[] grid = {launched.grid().x(), launched.grid().y(), launched.grid().z()};
        List<Expr> extents = Arrays.stream(grid).<Expr>mapToObj(Expr::index).toList();
        List<Integer> block = List.of(
                launched.block().x(), launched.block().y(), launched.block().z());
        LoweredKernel.Phase phase = phase(
                launched.function().name(), new LoweredKernel.Launch(extents, block, launched.dynamicSharedBytes()));
        synchronized (library.lock()) {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment dynamic =
                        arena.allocate(2L * launched.dynamicSharedBytes() + ALIGNMENT_BYTES, ALIGNMENT_BYTES);
                List<Region> regions = regions(phase.symbol(), memory);
                regions.addAll(dynamicArrays(phase.symbol(), dynamic));
                return new GridRun(text, number, library, EmulatedKernel.RISING, limitSeconds)
                        .run(
                                phase,
                                grid,
                                EmulatedMaps.table(launched.arguments(), launched.maps(), arena),
                                regions,
                                region -> cells(region, arena),
                                launch -> prepared(launch, dynamic, arena),
                                arena)
                        .fault()
                        .<Emulation>map(Emulation.Faulted::new)
                        .orElseGet(() -> new Emulation.Finished(Map.of(), Emulation.Counts.NONE));
            }
        }
    }

    private static LaunchRecord prepared(LaunchRecord launch, MemorySegment dynamicShared, Arena arena) {
        launch.set(Field.DYNAMIC_SHARED, dynamicShared);
        launch.set(Field.STATUS, arena.allocate(ValueLayout.JAVA_LONG));
        return launch;
    }

    /** Of the device's memory it is not noted who accessed it: it would take several times as much. */
    private MemorySegment cells(Region region, Arena arena) {
        return region.kind() == Region.Kind.SHARED
                ? NativeMemory.allocate(arena, region.elements() * library.cellBytes(), "who accessed " + region.name())
                : MemorySegment.NULL;
    }

    private List<Region> regions(String symbol, Map<String, MemorySegment> memory) {
        List<Region> regions = new ArrayList<>();
        memory.forEach((name, segment) ->
                regions.add(new Region(name, Region.Kind.GLOBAL_WRITE, segment.address(), segment.byteSize(), 1)));
        regions.addAll(ofKernels.computeIfAbsent(symbol, s -> library.regions(number, s, text.text())));
        return regions;
    }

    /** Each is followed by as many bytes that belong to none. */
    private List<Region> dynamicArrays(String symbol, MemorySegment given) {
        String all = text.text();
        int begin = all.indexOf(" " + symbol + "(");
        int end = all.indexOf("\n}\n", begin);
        List<Region> arrays = new ArrayList<>();
        Matcher declared = DYNAMIC.matcher(all.substring(begin, end < 0 ? all.length() : end));
        while (declared.find()) {
            int elementBytes = EmulatedLibrary.typeBytes(declared.group(1));
            arrays.add(new Region(
                    declared.group(2),
                    Region.Kind.SHARED,
                    given.address() + 2 * Long.parseLong(declared.group(3)),
                    elementBytes * Long.parseLong(declared.group(4)),
                    elementBytes));
        }
        return arrays;
    }
}

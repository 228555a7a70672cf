package dev.woodpecker.runtime.timing;

import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeLibrary;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What this machine can do at most, measured by small probes that are compiled when asked for: the yardstick for "share
 * of peak". The best of some runs counts, since whatever disturbs a run only makes it slower.
 */
public final class MachinePeak {
    /** The constants of fma_peak.c. */
    private static final long FMA_CHAINS = 12;

    private static final long FMA_ROUNDS = 4096;
    /** The constant of memory_read.c. */
    private static final long READ_BLOCK_BYTES = 65536;

    /** Room for what each thread writes at its end, so that nothing is optimised away. */
    private static final long SCRATCH_BYTES = FMA_CHAINS * 64;

    /** Each run takes some milliseconds: longer than a time slice is disturbed for, short enough to repeat. */
    private static final Interleaving REPEATS = new Interleaving(3, 5, Duration.ZERO);

    private final KernelCompiler compiler;

    public MachinePeak(KernelCompiler compiler) {
        this.compiler = compiler;
    }

    /** 10^9 single-precision operations a second on {@code threads} threads; a fused multiply-add is two. */
    public double gigaflopsPerSecond(int threads) {
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(threads)) {
            // Zeros stay zeros: no infinity nor denormal slows an instruction down.
            MemorySegment operands = NativeMemory.allocate(arena, 2L * vectorBytes(), "the operands of a probe");
            // 96 pieces of 12 * 4096 vector FMAs: 25 ms at 3 GHz on one thread.
            long pieces = 96L * threads;
            double seconds = fastest("fma_peak", pieces, operands, pool, arena);
            double floats = (double) pieces * FMA_CHAINS * FMA_ROUNDS * vectorBytes() / Float.BYTES;
            return 2 * floats / seconds * 1e-9;
        }
    }

    /** The same for 1, 2, ... threads, up to the cores that may be used. */
    public List<Double> gigaflopsPerSecondByThreads() {
        List<Double> result = new ArrayList<>();
        for (int threads = 1; threads <= compiler.cpu().cores(); threads++) {
            result.add(gigaflopsPerSecond(threads));
        }
        return result;
    }

    /** 10^9 bytes a second that {@code threads} threads read from memory far larger than all caches. */
    public double gigabytesPerSecond(int threads) {
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(threads)) {
            long bytes = Math.max(128L << 20, 4 * compiler.cpu().caches().lastLevelBytes());
            long blocks = bytes / READ_BLOCK_BYTES;
            MemorySegment memory = NativeMemory.allocate(arena, blocks * READ_BLOCK_BYTES, "a memory probe");
            memory.fill((byte) 0); // pages that were never written would all be one and the same, in the cache
            double seconds = fastest("memory_read", blocks, memory, pool, arena);
            return blocks * READ_BLOCK_BYTES / seconds * 1e-9;
        }
    }

    private double fastest(String probe, long extent, MemorySegment input, WorkerPool pool, Arena arena) {
        Source source = new Source(
                probe,
                "#define VECTOR_BYTES " + vectorBytes() + "\n" + text(probe + ".c"),
                List.of(probe),
                CodeOptions.fast());
        SharedLibrary library = compiler.compile(source);
        NativePhase phase = new NativePhase(
                NativeLibrary.open(library.file(), arena).kernel(library.exported(probe)), extent, SCRATCH_BYTES);
        CpuKernel kernel = new CpuKernel(List.of(phase));
        BufferTable buffers = new BufferTable(arena, 1);
        buffers.set(0, input);
        return REPEATS.time(() -> kernel.run(pool, buffers, MemorySegment.NULL)).fastest();
    }

    private int vectorBytes() {
        return compiler.cpu().vectorBytes();
    }

    private static String text(String resource) {
        try (InputStream in = Objects.requireNonNull(MachinePeak.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }
}

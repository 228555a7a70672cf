package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.CompilerDiscovery;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Executes CUDA texts on the processor, byte for byte as they are printed. What they compute can be compared with the
 * reference; what is wrong in how they compute it is found at once, whatever the result: see {@link Fault}.
 *
 * <p>Blocks run one after another and a block's threads as fibers, which switch at barriers and at instructions of a
 * warp. Before each access of memory its bounds, alignment, initialisation and order are checked.
 */
public final class Emulator implements AutoCloseable {
    /** As many texts as a call of the compiler takes while the other cores have work too. */
    private static final int MOST_TEXTS_IN_A_UNIT = 64;

    private final EmulatorCompiler compiler;
    private final Arena arena = Arena.ofShared();

    public Emulator(CCompiler compiler, CpuFeatures cpu, CacheDirectory cache) {
        this.compiler = new EmulatorCompiler(compiler, cpu, cache);
    }

    /**
     * An emulator with the compiler and the cache that {@code environment} names; where it names no compiler, with the
     * clang that Maven brought, which is the fastest.
     *
     * @throws dev.woodpecker.runtime.toolchain.ToolchainException when there is no compiler
     */
    public static Emulator of(Environment environment) {
        CacheDirectory cache = CacheDirectory.open(environment);
        Optional<CCompiler> fastest = environment.get("WPK_CC").isEmpty() ? BundledLlvm.find(cache) : Optional.empty();
        return new Emulator(
                fastest.orElseGet(() -> CompilerDiscovery.discover(environment, cache)), CpuFeatures.ofHost(), cache);
    }

    /**
     * Compiles texts, several together; the result is in the same order.
     *
     * @throws CompilationException for a text that the compiler refuses
     */
    public List<EmulatedKernel> load(List<CudaText> texts) {
        int units =
                Math.max(Math.min(texts.size(), compiler.cores()), Math.ceilDiv(texts.size(), MOST_TEXTS_IN_A_UNIT));
        // Longest first, in turn: the units take about as long.
        List<Integer> order = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> -texts.get(i).text().length()))
                .toList();
        EmulatedKernel[] kernels = new EmulatedKernel[texts.size()];
        IntStream.range(0, units).parallel().forEach(unit -> {
            List<Integer> members = new ArrayList<>();
            for (int i = unit; i < order.size(); i += units) {
                members.add(order.get(i));
            }
            List<CudaText> own = members.stream().map(texts::get).toList();
            Path file = compiler.compile(own);
            EmulatedLibrary library = EmulatedLibrary.open(file, arena);
            for (int i = 0; i < own.size(); i++) {
                kernels[members.get(i)] = new EmulatedKernel(own.get(i), i, library);
            }
        });
        return Arrays.asList(kernels);
    }

    /** Compiles one text. */
    public EmulatedKernel load(CudaText text) {
        return load(List.of(text)).getFirst();
    }

    /** Unloads what was loaded here. */
    @Override
    public void close() {
        arena.close();
    }
}

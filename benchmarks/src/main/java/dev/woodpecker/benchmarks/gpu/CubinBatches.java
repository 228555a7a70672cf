package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CompilationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/**
 * Compiles many kernels, several to a source: starting a compiler costs as much as a small kernel does.
 *
 * @param jobs compilers that run at a time
 */
record CubinBatches(CudaCompiler compiler, Target target, int jobs) {
    /** Enough that the start counts little, few enough that the last batches are not waited for. */
    private static final int KERNELS_IN_A_SOURCE = 8;

    /**
     * Where a compiled kernel is.
     *
     * @param cubin its name in an archive
     * @param spills whether its values do not stay in registers
     */
    record Compiled(String cubin, Path file, boolean spills) {}

    /**
     * Compiles kernels of distinct names; those that the compiler refuses are missing from the result.
     *
     * @param done told how many more are done
     */
    Map<LoweredKernel, Compiled> compile(List<LoweredKernel> kernels, IntConsumer done) {
        Map<Arithmetic, List<LoweredKernel>> byArithmetic = new LinkedHashMap<>();
        for (LoweredKernel kernel : kernels) {
            Arithmetic arithmetic = kernel.numerics() == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
            byArithmetic.computeIfAbsent(arithmetic, _ -> new ArrayList<>()).add(kernel);
        }
        Map<LoweredKernel, Compiled> compiled = new IdentityHashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(jobs)) {
            List<Future<Map<LoweredKernel, Compiled>>> batches = new ArrayList<>();
            byArithmetic.forEach((arithmetic, all) -> {
                for (int from = 0; from < all.size(); from += KERNELS_IN_A_SOURCE) {
                    List<LoweredKernel> batch = all.subList(from, Math.min(all.size(), from + KERNELS_IN_A_SOURCE));
                    batches.add(threads.submit(() -> {
                        Map<LoweredKernel, Compiled> some = compile(batch, arithmetic);
                        done.accept(batch.size());
                        return some;
                    }));
                }
            });
            for (Future<Map<LoweredKernel, Compiled>> batch : batches) {
                compiled.putAll(batch.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while compiling", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return compiled;
    }

    /** A source that is refused is tried again in halves, until the kernel that is the reason stands alone. */
    private Map<LoweredKernel, Compiled> compile(List<LoweredKernel> batch, Arithmetic arithmetic) {
        try {
            Cubin cubin = compiler.compile(
                    new CudaSource(batch.getFirst().name(), CPrinter.print(batch, Dialect.CUDA), arithmetic),
                    CudaArchitecture.parse(target.architecture()));
            String name = "cubins/" + batch.getFirst().name() + batch.size() + ".cubin";
            Map<LoweredKernel, Compiled> compiled = new IdentityHashMap<>();
            for (LoweredKernel kernel : batch) {
                boolean spills = kernel.phases().stream()
                        .anyMatch(phase -> cubin.resources(phase.symbol()).spills());
                compiled.put(kernel, new Compiled(name, cubin.file(), spills));
            }
            return compiled;
        } catch (CompilationException refused) {
            if (batch.size() == 1) {
                return Map.of();
            }
            Map<LoweredKernel, Compiled> compiled = new IdentityHashMap<>();
            compiled.putAll(compile(batch.subList(0, batch.size() / 2), arithmetic));
            compiled.putAll(compile(batch.subList(batch.size() / 2, batch.size()), arithmetic));
            return compiled;
        }
    }
}

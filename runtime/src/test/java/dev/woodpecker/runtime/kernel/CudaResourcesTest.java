package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kernel of the library under its default schedule, with the first of its cases: nothing of it is spilled to
 * local memory. Many kernels are one text for the compilers, which start once for all of them.
 */
class CudaResourcesTest {
    private static final int KERNELS_OF_A_TEXT = 64;

    @TempDir
    static Path home;

    @ParameterizedTest
    @ValueSource(strings = {"sm_75", "sm_80", "sm_90a"})
    void nothingSpills(String architecture) {
        CudaCompiler compiler = CudaCompiler.bundled(CacheDirectory.open(home)).orElse(null);
        Assumptions.assumeTrue(compiler != null, "SKIPPED: org.bytedeco:llvm or org.jcuda is not on the class path");
        Target target = Target.parse("cuda:" + architecture);
        Map<String, LoweredKernel> distinct = new LinkedHashMap<>();
        KernelTable.cases().values().stream()
                .parallel()
                .map(cases -> lowered(cases.getFirst(), target))
                .toList()
                .forEach(kernel -> distinct.putIfAbsent(kernel.phases().toString(), kernel));
        List<LoweredKernel> kernels = named(List.copyOf(distinct.values()));
        List<KernelResources> all = IntStream.range(0, Math.ceilDiv(kernels.size(), KERNELS_OF_A_TEXT))
                .parallel()
                .mapToObj(i -> compile(
                        compiler,
                        kernels.subList(i * KERNELS_OF_A_TEXT, Math.min(kernels.size(), (i + 1) * KERNELS_OF_A_TEXT)),
                        architecture))
                .flatMap(cubin -> cubin.resources().stream())
                .toList();
        assertThat(all)
                .hasSize(kernels.stream().mapToInt(k -> k.phases().size()).sum());
        assertThat(all).filteredOn(KernelResources::spills).isEmpty();
    }

    private static LoweredKernel lowered(KernelCase c, Target target) {
        TensorProgram program = c.program();
        return Lowering.lower(
                program, DefaultSchedule.of(program, target, Numerics.FP32, Map.of()), target, Numerics.FP32);
    }

    /** With symbols of their own: overloads have one name. */
    private static List<LoweredKernel> named(List<LoweredKernel> kernels) {
        List<LoweredKernel> named = new ArrayList<>();
        for (LoweredKernel k : kernels) {
            String prefix = "k" + named.size() + "_";
            List<LoweredKernel.Phase> phases = k.phases().stream()
                    .map(p -> new LoweredKernel.Phase(
                            prefix + p.symbol(), p.extent(), p.scratchBytes(), p.launch(), p.body()))
                    .toList();
            named.add(new LoweredKernel(
                    k.name(), k.target(), k.numerics(), k.arguments(), k.parameters(), phases, k.checks()));
        }
        return named;
    }

    private static Cubin compile(CudaCompiler compiler, List<LoweredKernel> kernels, String architecture) {
        return compiler.compile(
                new CudaSource("library", CPrinter.print(kernels, Dialect.CUDA), Arithmetic.CONTRACTED),
                CudaArchitecture.parse(architecture));
    }
}

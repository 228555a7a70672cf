package dev.woodpecker.runtime.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The library's Gemm in half precision on tensor cores, under traces kept as JSON: it computes what the kernel does, and
 * its text compiles with the compilers that Maven brings, and with nvcc where that is installed.
 */
class TensorCoreKernelTest {
    private static final List<String> TRACES = List.of("gemm_one_warp.json", "gemm_two_warps.json");

    @TempDir
    static Path home;

    static List<Arguments> compilersArchitecturesAndTraces() {
        List<CudaCompiler> compilers = new ArrayList<>();
        bundled().ifPresentOrElse(compilers::add, () -> System.out.println("SKIPPED with bundled: it is not here"));
        CudaCompiler.nvcc(Environment.ofProcess(), CacheDirectory.open(home))
                .ifPresentOrElse(compilers::add, () -> System.out.println("SKIPPED with nvcc: it is not here"));
        assumeTrue(!compilers.isEmpty(), "SKIPPED: neither org.bytedeco:llvm and org.jcuda, nor an nvcc on the PATH");
        List<Arguments> all = new ArrayList<>();
        for (CudaCompiler compiler : compilers) {
            for (CudaArchitecture architecture : List.of(CudaArchitecture.SM_80, CudaArchitecture.SM_90A)) {
                TRACES.forEach(trace -> all.add(Arguments.of(compiler, architecture, trace)));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("compilersArchitecturesAndTraces")
    void itCompilesWithoutSpills(CudaCompiler compiler, CudaArchitecture architecture, String trace) {
        KernelSource kernel = kernel(architecture, trace);
        CudaSource source = new CudaSource("gemm", kernel.text(), Arithmetic.CONTRACTED);
        KernelResources resources = compiler.compile(source, architecture).resources("gemm");
        assertThat(resources.spills()).isFalse();
        assertThat(resources.stackBytes()).as("fragments stay in registers").isZero();
        assertThat(resources.registers()).isBetween(16, 96);
        assertThat(resources.sharedBytes())
                .isGreaterThanOrEqualTo(kernel.lowered().phases().getFirst().scratchBytes());
        if (compiler instanceof ClangCudaCompiler clang) {
            assertThat(clang.ptx(source, architecture))
                    .contains("cp.async.cg.shared.global", "cp.async.wait_group", "bar.sync")
                    .contains("ldmatrix.sync.aligned.m8n8.x4.shared.b16", "ldmatrix.sync.aligned.m8n8.x2.shared.b16")
                    .contains("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemm_one_warp.json", "gemm_two_warps.json"})
    void itIsTheKernel(String trace) {
        KernelSource kernel = kernel(CudaArchitecture.SM_80, trace);
        Random random = new Random(3);
        Map<String, HostTensor> inputs = new HashMap<>();
        inputs.put("a", random(random, 45, 104));
        inputs.put("b", random(random, 27, 104));
        inputs.put("c", random(random, 27));
        assertThat(Interpreter.run(kernel.lowered(), inputs).outputs())
                .isEqualTo(Interpreter.run(kernel.program(), inputs));
    }

    /** {@code 0.5 * a * transpose(b) + 2 * c} in half precision, ragged in rows, columns and depth. */
    private static KernelSource kernel(CudaArchitecture architecture, String trace) {
        KernelSpec gemm = KernelLibrary.ofClassPath().kernels("Gemm").getFirst().spec();
        Binding binding = Binding.of("gemm")
                .tensor("a", DType.F16, 45, 104)
                .tensor("b", DType.F16, 27, 104)
                .tensor("c", DType.F16, 27)
                .real("alpha", 0.5)
                .real("beta", 2)
                .integer("transA", 0)
                .integer("transB", 1);
        TensorProgram program = Specializer.specialize(gemm, binding);
        Target target = Target.parse("cuda:" + architecture.name());
        return KernelSource.of(program, TraceJson.parse(resource(trace)), target, Numerics.FP16);
    }

    /** Small whole numbers, so that sums are exact in any order. */
    private static HostTensor random(Random random, int... shape) {
        long[] extents = Arrays.stream(shape).asLongStream().toArray();
        double[] values = random.ints(HostTensor.zeros(DType.F16, extents).elements(), -4, 5)
                .asDoubleStream()
                .toArray();
        return HostTensor.ofReals(DType.F16, values, extents);
    }

    private static Optional<CudaCompiler> bundled() {
        // The compiler is extracted once a machine; what it makes here goes to a cache of this test's own.
        return JCudaLibrary.PTX_COMPILER.isPresent()
                ? BundledLlvm.find(TestCompilers.sharedCache())
                        .map(clang -> new ClangCudaCompiler(clang, CacheDirectory.open(home)))
                : Optional.empty();
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(TensorCoreKernelTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.Cubin;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.CudaSource;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kernel of the library under its default schedule, with the first of its cases: nothing of it is spilled to
 * local memory; of halves, and of tf32, a kernel of each class and all that tensor cores compute. Many kernels are one
 * text for the compilers, which start once for all of them. {@code -Dwoodpecker.resources=.*} takes all cases, in all
 * numerics, for all architectures, or those that match: {@code "sm_80 fp16"}.
 */
@Execution(ExecutionMode.CONCURRENT)
class CudaResourcesTest {
    private static final int KERNELS_OF_A_TEXT = 64;

    private static final Optional<String> EXHAUSTIVE = Optional.ofNullable(System.getProperty("woodpecker.resources"));

    private static final Set<String> ON_TENSOR_CORES = Set.of("Attention", "Convolution", "MatrixProduct");

    static List<Arguments> modes() {
        List<Arguments> usual = List.of(
                Arguments.of("sm_75", Numerics.FP32),
                Arguments.of("sm_80", Numerics.FP32),
                Arguments.of("sm_90a", Numerics.FP32),
                Arguments.of("sm_80", Numerics.FP16),
                Arguments.of("sm_90a", Numerics.BF16),
                Arguments.of("sm_80", Numerics.TF32));
        return EXHAUSTIVE
                .map(pattern -> Stream.of("sm_75", "sm_80", "sm_90a")
                        .flatMap(architecture -> Stream.of(
                                        Numerics.STRICT, Numerics.FP32, Numerics.TF32, Numerics.FP16, Numerics.BF16)
                                .filter(numerics -> (architecture + " " + numerics.text()).matches(pattern))
                                .map(numerics -> Arguments.of(architecture, numerics)))
                        .toList())
                .orElse(usual);
    }

    private static Stream<KernelCase> cases(Numerics numerics) {
        Map<String, List<KernelCase>> all = KernelTable.cases();
        if (EXHAUSTIVE.isPresent()) {
            return all.values().stream().flatMap(List::stream);
        }
        Set<String> seen = new HashSet<>();
        return all.entrySet().stream()
                .filter(e -> {
                    String type = e.getKey().substring(0, e.getKey().indexOf('.'));
                    return numerics == Numerics.FP32 || ON_TENSOR_CORES.contains(type) || seen.add(type);
                })
                .map(e -> e.getValue().getFirst());
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("modes")
    void nothingSpills(String architecture, Numerics numerics) {
        CudaCompiler compiler =
                CudaCompiler.bundled(TestCompilers.sharedCache()).orElse(null);
        Assumptions.assumeTrue(compiler != null, "SKIPPED: org.bytedeco:llvm or org.jcuda is not on the class path");
        Target target = Target.parse("cuda:" + architecture);
        Map<String, LoweredKernel> distinct = new LinkedHashMap<>();
        cases(numerics).toList().stream()
                .parallel()
                .flatMap(c -> lowered(c, target, numerics).stream())
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

    /** Empty where the kernel has no such elements. */
    private static Optional<LoweredKernel> lowered(KernelCase c, Target target, Numerics numerics) {
        DType elements = numerics == Numerics.FP16 ? DType.F16 : numerics == Numerics.BF16 ? DType.BF16 : DType.F32;
        TensorProgram program;
        try {
            program = c.of(elements).program();
        } catch (SpecializationException | IllegalArgumentException other) {
            return Optional.empty();
        }
        return Optional.of(
                Lowering.lower(program, DefaultSchedule.of(program, target, numerics, Map.of()), target, numerics));
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

package dev.woodpecker.runtime.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import dev.woodpecker.runtime.plan.program.DeadStages;
import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.JCudaLibrary;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Default schedules of shapes as models have them stay in registers, far from the 255 at which values go to memory. */
@Execution(ExecutionMode.CONCURRENT)
class DefaultScheduleResourcesTest {
    /** As many as three blocks of 128 threads can have. */
    private static final int MOST_REGISTERS = 168;

    private static final List<String> CONTRACTIONS = List.of(
            "MatMul a=1024x1024 b=1024x1024",
            "MatMul a=197x768 b=768x3072",
            "MatMul a=12x128x64 b=12x64x128",
            "Gemm a=64x2048 b=1000x2048 c=1000 alpha=1 beta=1 transA=0 transB=1",
            "Conv x=8x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1",
            "Conv x=8x256x14x14 w=512x256x1x1 strides=2,2 pads=0,0,0,0 dilations=1,1 group=1",
            "Conv x=1x3x224x224 w=64x3x7x7 strides=2,2 pads=3,3,3,3 dilations=1,1 group=1");

    private static final List<String> OTHERS = List.of(
            "Gemm a=1x2048 b=1000x2048 c=1000 alpha=1 beta=1 transA=0 transB=1",
            "Conv x=1x96x56x56 w=96x1x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=96",
            "Softmax x=12x128x128 axis=2",
            "Softmax x=64x50257 axis=1",
            "LayerNormalization x=128x768 scale=768 b=768 axis=1 epsilon=1e-5",
            "GlobalAveragePool x=8x512x7x7",
            "Transpose x=64x128x32 perm=0,2,1",
            "Erf x=128x3072",
            "Add a=8x64x56x56 b=64x1x1");

    /** A ring, and all registers of a multiprocessor, on Hopper. */
    private static final String FULL = "MatMul a=2048x2048 b=2048x2048";

    /** The same with blocks that go from tile to tile. */
    private static final String IN_TURN = "MatMul a=4096x512 b=512x2048";

    /** As models call it, for its first result alone; the others would need scores in memory. */
    private static final String NO_LIMITS =
            " scale=0.125 softcap=0 leftWindowSize=-1 rightWindowSize=-1 qkMatmulOutputMode=0";

    private static final List<String> ATTENTION = List.of(
            "Attention q=8x12x512x64 k=8x12x512x64 v=8x12x512x64" + NO_LIMITS,
            "Attention q=2x32x1024x128 k=2x8x1024x128 v=2x8x1024x128"
                    + NO_LIMITS.replace("rightWindowSize=-1", "rightWindowSize=0"),
            "Attention q=1x12x197x64 k=1x12x197x64 v=1x12x197x64 attnMask=1x1x197x197" + NO_LIMITS);

    @ParameterizedTest
    @CsvSource({
        "sm_80, fp32",
        "sm_80, strict",
        "sm_80, tf32",
        "sm_80, fp16",
        "sm_90a, fp32",
        "sm_90a, tf32",
        "sm_90a, bf16"
    })
    void nothingSpills(String architecture, String mode) {
        assumeTrue(JCudaLibrary.PTX_COMPILER.isPresent(), "SKIPPED: org.jcuda is not on the class path");
        ClangCudaCompiler compiler = BundledLlvm.find(TestCompilers.sharedCache())
                .map(clang -> new ClangCudaCompiler(clang, TestCompilers.sharedCache()))
                .orElse(null);
        assumeTrue(compiler != null, "SKIPPED: org.bytedeco:llvm is not on the class path");
        Numerics numerics = Numerics.valueOf(mode.toUpperCase(java.util.Locale.ROOT));
        List<String> calls = new ArrayList<>(CONTRACTIONS);
        if (numerics == Numerics.FP32 || numerics == Numerics.STRICT) {
            calls.addAll(OTHERS);
        }
        if (numerics == Numerics.FP16 || numerics == Numerics.BF16) {
            calls.addAll(ATTENTION);
            if (architecture.equals("sm_90a")) {
                calls.add(FULL);
                calls.add(IN_TURN);
            }
        }
        List<LoweredKernel> kernels = new ArrayList<>();
        for (String call : calls) {
            kernels.add(lowered(call, "k" + kernels.size() + "_", Target.parse("cuda:" + architecture), numerics));
        }
        Arithmetic arithmetic = numerics == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
        Cubin cubin = compiler.compile(
                new CudaSource("defaults", CPrinter.print(kernels, Dialect.CUDA), arithmetic),
                CudaArchitecture.parse(architecture));
        assertThat(cubin.resources())
                .hasSize(kernels.stream().mapToInt(k -> k.phases().size()).sum())
                .allSatisfy(used -> {
                    assertThat(used.spills()).as("%s", used).isFalse();
                    assertThat(used.stackBytes()).as("%s", used).isZero();
                    assertThat(used.registers()).as("%s", used).isLessThanOrEqualTo(MOST_REGISTERS);
                });
    }

    private static LoweredKernel lowered(String call, String name, Target target, Numerics numerics) {
        String operator = call.substring(0, call.indexOf(' '));
        DType elements = numerics == Numerics.FP16 ? DType.F16 : numerics == Numerics.BF16 ? DType.BF16 : DType.F32;
        RuntimeException last = new IllegalArgumentException("no kernel takes " + call);
        for (CompiledKernel kernel : KernelLibrary.ofClassPath().kernels(operator)) {
            KernelSpec spec = kernel.spec();
            try {
                TensorProgram program = Specializer.specialize(
                        spec, BindingText.parse(spec, name, call.substring(operator.length() + 1), elements));
                program = DeadStages.remove(new TensorProgram(
                        program.name(),
                        program.inputs(),
                        program.stages(),
                        List.of(program.outputs().getFirst())));
                return Lowering.lower(
                        program, DefaultSchedule.of(program, target, numerics, Map.of()), target, numerics);
            } catch (dev.woodpecker.compiler.expr.SpecializationException | IllegalArgumentException other) {
                last = other;
            }
        }
        throw last;
    }
}

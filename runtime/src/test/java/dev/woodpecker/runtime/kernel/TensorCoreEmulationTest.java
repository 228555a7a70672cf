package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.CudaText;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Products and convolutions as tensor cores have them, each with the tile that is written beside it: the text as printed,
 * executed on the processor, gives the very bits of the program, inputs being small whole numbers.
 */
class TensorCoreEmulationTest {
    private static final Target SM_75 = Target.parse("cuda:sm_75");
    private static final Target SM_80 = Target.parse("cuda:sm_80");
    private static final Target SM_90A = Target.parse("cuda:sm_90a");

    /**
     * @param choices of the space, by what follows the stage's name; empty for the default schedule
     * @param contains what the text must have, so that a rule that no longer applies is noticed
     */
    private record Case(
            String call, Target target, Numerics numerics, DType elements, String choices, String contains) {
        TensorProgram program() {
            return KernelCalls.program(call, "product", elements);
        }

        KernelSource source() {
            Map<String, Long> wanted = new HashMap<>();
            for (String choice : choices.isEmpty() ? new String[0] : choices.split(" ")) {
                wanted.put(choice.replaceAll("=.*", ""), Long.valueOf(choice.replaceAll(".*=", "")));
            }
            return EmulatedSchedules.source(program(), target, numerics, wanted);
        }
    }

    private static final List<Case> CASES = List.of(
            new Case(
                    "MatMul a=130x128 b=128x136",
                    SM_80,
                    Numerics.FP16,
                    DType.F16,
                    "block.rows=128 block.columns=128 warp.rows=64 warp.columns=64 stages=4",
                    "DYNAMIC_SHARED(shared_memory); /* 75776 bytes */"),
            new Case(
                    "MatMul a=40x192 b=192x264",
                    SM_90A,
                    Numerics.BF16,
                    DType.BF16,
                    "warpgroup=0 block.rows=128 block.columns=256 warp.rows=64 warp.columns=64 depth=64 stages=3",
                    "DYNAMIC_SHARED(shared_memory)"),
            new Case(
                    "MatMul a=70x200 b=200x136",
                    SM_90A,
                    Numerics.FP16,
                    DType.F16,
                    "warpgroup=1 rings=0 block.rows=192 block.columns=256 stages=3",
                    "wgmma_m64n256k16_f32_f16_km"),
            new Case(
                    "Gemm a=70x136 b=96x136 alpha=1 beta=1 transA=0 transB=1",
                    SM_90A,
                    Numerics.BF16,
                    DType.BF16,
                    "warpgroup=1 rings=0 block.rows=256 block.columns=64 stages=2",
                    "wgmma_m64n64k16_f32_bf16_kk"),
            new Case(
                    "Gemm a=130x72 b=130x144 alpha=1 beta=1 transA=1 transB=0",
                    SM_90A,
                    Numerics.FP16,
                    DType.F16,
                    "warpgroup=1 rings=0 block.rows=64 block.columns=256 stages=1",
                    "wgmma_m64n128k16_f32_f16_mm"),
            new Case(
                    "MatMul a=70x264 b=264x136",
                    SM_90A,
                    Numerics.FP16,
                    DType.F16,
                    "warpgroup=1 rings=1 block.rows=128 block.columns=256 stages=3",
                    "setmaxnreg_inc_232();"),
            new Case(
                    "Gemm a=70x136 b=96x136 alpha=1 beta=1 transA=0 transB=1",
                    SM_90A,
                    Numerics.BF16,
                    DType.BF16,
                    "warpgroup=1 rings=1 block.rows=64 block.columns=64 stages=2",
                    "wgmma_m64n64k16_f32_bf16_kk"),
            new Case(
                    "Gemm a=130x72 b=130x144 alpha=1 beta=1 transA=1 transB=0",
                    SM_90A,
                    Numerics.FP16,
                    DType.F16,
                    "warpgroup=1 rings=1 block.rows=256 block.columns=128 stages=2",
                    "wgmma_m64n128k16_f32_f16_mm"),
            new Case(
                    "MatMul a=2x72x136 b=2x136x72",
                    SM_90A,
                    Numerics.FP16,
                    DType.F16,
                    "warpgroup=1 rings=1 block.rows=64 block.columns=128 stages=2",
                    "tma_load_3d("),
            new Case(
                    "Conv x=2x12x9x9 w=20x12x3x3 b=20 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1",
                    SM_80,
                    Numerics.FP16,
                    DType.F16,
                    "",
                    "x_tile_ahead"),
            new Case(
                    "Conv x=2x40x4x4 w=72x40x1x1 b=72 strides=1,1 pads=0,0,0,0 dilations=1,1 group=1",
                    SM_80,
                    Numerics.FP16,
                    DType.F16,
                    "",
                    "cp_async_16(\n            w_tile"),
            // Lanes go along every second pixel of a line, not along the seven of a window.
            new Case(
                    "Conv x=1x3x37x41 w=20x3x7x7 b=20 strides=2,2 pads=3,3,3,3 dilations=1,1 group=1",
                    SM_80,
                    Numerics.FP16,
                    DType.F16,
                    "tensor=1",
                    "ldmatrix_x2_trans(\n                        x_tile_fragment"),
            new Case("MatMul a=40x72 b=72x40", SM_75, Numerics.FP16, DType.F16, "tensor=1", "ldmatrix_x1_trans"),
            new Case(
                    "Gemm a=72x40 b=33x72 alpha=1 beta=1 transA=1 transB=1",
                    SM_75,
                    Numerics.FP16,
                    DType.F16,
                    "tensor=1",
                    "ldmatrix_x2_tall_trans"),
            new Case(
                    "Conv x=2x16x9x9 w=20x16x3x3 b=20 strides=2,2 pads=1,1,1,1 dilations=1,1 group=1",
                    SM_80,
                    Numerics.BF16,
                    DType.BF16,
                    "channels.last=1",
                    "x_turned"),
            new Case("MatMul a=3x40x24 b=3x24x40", SM_80, Numerics.TF32, DType.F32, "", "mma_m16n8k8_f32_tf32"),
            new Case(
                    "Gemm a=40x24 b=33x24 alpha=1 beta=1 transA=0 transB=1",
                    SM_80,
                    Numerics.FP32,
                    DType.F32,
                    "tensor=1",
                    "_rest"),
            new Case("MatMul a=40x72 b=72x40", SM_80, Numerics.FP32, DType.F32, "tensor=1 depth=8", "_rest"),
            new Case(
                    "MatMulInteger a=40x100:u8 b=100x40:i8 aOffset=0 bOffset=0",
                    SM_80,
                    Numerics.STRICT,
                    DType.F32,
                    "",
                    "mma_m16n8k32_i32_u8_s8"),
            new Case(
                    "ConvInteger x=1x32x6x6:u8 w=32x32x3x3:i8 xZeroPoint=1:u8 strides=1,1 pads=1,1,1,1 dilations=1,1"
                            + " group=1 xOffset=0 wOffset=0",
                    SM_80,
                    Numerics.FP32,
                    DType.F32,
                    "",
                    "mma_m16n8k32_i32_s8_u8"));

    @TestFactory
    Stream<DynamicTest> computesTheProgram() {
        List<KernelSource> sources = CASES.stream().map(Case::source).toList();
        return EmulatedSchedules.tests(
                CASES.stream().map(c -> c.call() + ", " + c.numerics().text()).toList(),
                sources,
                (i, kernel) -> check(CASES.get(i), sources.get(i), kernel));
    }

    private static void check(Case c, KernelSource source, EmulatedKernel kernel) {
        assertThat(source.text()).contains(c.contains());
        Map<String, HostTensor> inputs = inputs(c, source.program());
        assertThat(kernel.run(inputs))
                .isInstanceOfSatisfying(
                        Emulation.Finished.class,
                        finished ->
                                assertThat(finished.outputs()).isEqualTo(Interpreter.run(source.program(), inputs)));
    }

    /** What is more than tf32 holds shows that two parts make single precision: the first factor has 13 bits. */
    private static Map<String, HostTensor> inputs(Case c, TensorProgram program) {
        Map<String, HostTensor> inputs = new HashMap<>(KernelCalls.smallIntegers(program, -3, 4, 5));
        if (c.numerics() == Numerics.FP32 && c.elements() == DType.F32) {
            String first = program.inputs().getFirst().name();
            inputs.computeIfPresent(
                    first,
                    (name, small) -> small.type() == DType.F32
                            ? Objects.requireNonNull(KernelCalls.smallIntegers(program, -5000, 5001, 6)
                                    .get(name))
                            : small);
        }
        return inputs;
    }

    /** The end of each array of a launch's shared memory is a border, as that of a declared array is. */
    @TestFactory
    Stream<DynamicTest> anAccessBesideADynamicArrayIsFound() {
        KernelSource source = CASES.getFirst().source();
        String moved = source.text().replace("shared_memory + 40960", "shared_memory + 40832");
        EmulatedKernel kernel = EmulatedSchedules.emulator().load(new CudaText(source.lowered(), moved));
        return Stream.of(dynamicTest("128 bytes too early", () -> {
            assertThat(moved).isNotEqualTo(source.text());
            assertThat(kernel.run(KernelCalls.smallIntegers(source.program(), -3, 4, 5)))
                    .isInstanceOfSatisfying(
                            Emulation.Faulted.class,
                            faulted -> assertThat(faulted.fault().message()).contains("out of bounds"));
        }));
    }
}

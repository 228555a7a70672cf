package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulation;
import dev.woodpecker.runtime.plan.program.DeadStages;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Attention as one kernel on tensor cores: its text, executed on the processor, against the program. */
class AttentionEmulationTest {
    private static final String PLAIN =
            " scale=0.3 softcap=0 leftWindowSize=-1 rightWindowSize=-1 qkMatmulOutputMode=0";
    private static final String CAUSAL = PLAIN.replace("rightWindowSize=-1", "rightWindowSize=0");

    /**
     * @param choices of the space, by what follows the stage's name
     * @param contains what the text has, in this order
     */
    private record Case(String call, String target, DType elements, Map<String, Long> choices, List<String> contains) {
        /** The first result alone, as models want it. */
        TensorProgram program() {
            TensorProgram all = KernelCalls.program(call, "attention", elements);
            return DeadStages.remove(new TensorProgram(
                    all.name(),
                    all.inputs(),
                    all.stages(),
                    List.of(all.outputs().getFirst())));
        }

        KernelSource source() {
            Target machine = Target.parse(target);
            Numerics numerics = elements == DType.F16 ? Numerics.FP16 : Numerics.BF16;
            return EmulatedSchedules.source(program(), machine, numerics, choices);
        }
    }

    private static final List<String> FUSED = List.of(
            "cp_async_16(",
            "ldmatrix_x2(",
            "mma_m16n8k16_f32_",
            "shfl_xor_1_f32(",
            "ldmatrix_x2_trans(",
            "mma_m16n8k16_f32_");

    private static final List<Case> CASES = List.of(
            new Case(
                    "Attention q=1x2x64x64 k=1x2x192x64 v=1x2x192x64" + PLAIN,
                    "cuda:sm_80",
                    DType.F16,
                    Map.of(),
                    FUSED),
            // Nothing is a multiple of a tile; rows of values are no power of two.
            new Case("Attention q=1x1x37x40 k=1x1x75x40 v=1x1x75x72" + PLAIN, "cuda:sm_80", DType.F16, Map.of(), FUSED),
            // Later queries see more blocks of keys than earlier ones.
            new Case(
                    "Attention q=1x1x150x80 k=1x1x150x80 v=1x1x150x96" + CAUSAL,
                    "cuda:sm_80",
                    DType.F16,
                    Map.of("stages", 3L),
                    List.of("< block + 1; ", "mma_m16n8k16_f32_")),
            new Case(
                    "Attention q=1x4x40x32 k=1x2x70x32 v=1x2x70x32 attnMask=1x1x40x70" + CAUSAL,
                    "cuda:sm_90a",
                    DType.BF16,
                    Map.of("block.keys", 32L, "stages", 3L),
                    FUSED),
            new Case(
                    "Attention q=1x1x40x32 k=1x1x70x32 v=1x1x70x32 attnMask=40x70:bool nonpadKvSeqlen=1:i64" + CAUSAL,
                    "cuda:sm_90a",
                    DType.F16,
                    Map.of("warp.tiles", 2L, "warps", 2L, "block.keys", 32L),
                    FUSED));

    @TestFactory
    Stream<DynamicTest> computesTheProgram() {
        List<KernelSource> sources = CASES.stream().map(Case::source).toList();
        return EmulatedSchedules.tests(
                CASES.stream().map(Case::call).toList(),
                sources,
                (i, kernel) -> check(CASES.get(i), sources.get(i), kernel));
    }

    private static void check(Case c, KernelSource source, EmulatedKernel kernel) {
        assertThat(source.text()).containsSubsequence(c.contains());
        assertThat(source.lowered().phases()).as("one kernel").hasSize(1);
        TensorProgram program = source.program();
        Map<String, HostTensor> inputs = inputs(program);
        HostTensor expected =
                Interpreter.run(program, inputs).values().iterator().next();
        assertThat(kernel.run(inputs)).isInstanceOfSatisfying(Emulation.Finished.class, finished -> {
            HostTensor actual = finished.outputs().values().iterator().next();
            // Weights and results are rounded to half the bits each, values are up to 4.
            double bound = c.elements() == DType.F16 ? 0x1p-8 : 0x1p-5;
            for (int i = 0; i < expected.elements(); i++) {
                assertThat(actual.real(i)).as("element %d", i).isCloseTo(expected.real(i), within(bound));
            }
        });
    }

    /** Keys that count: some, not all; greatest scores that come late, too, so that what was summed before is scaled. */
    private static Map<String, HostTensor> inputs(TensorProgram program) {
        Random random = new Random(7);
        Map<String, HostTensor> inputs = new HashMap<>();
        program.inputs().forEach(input -> {
            long[] shape = input.shape().stream()
                    .mapToLong(extent -> IndexMath.constant(extent).orElseThrow())
                    .toArray();
            int elements = HostTensor.zeros(input.type(), shape).elements();
            inputs.put(
                    input.name(),
                    input.type().isFloat()
                            ? HostTensor.ofReals(
                                    input.type(),
                                    random.doubles(elements, -2, 2).toArray(),
                                    shape)
                            : HostTensor.ofIntegers(
                                    input.type(),
                                    input.type() == DType.BOOL
                                            ? random.longs(elements, 0, 2).toArray()
                                            : random.longs(elements, 50, 60).toArray(),
                                    shape));
        });
        return inputs;
    }
}

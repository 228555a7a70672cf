package dev.woodpecker.runtime.device.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Persist;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.Fault.Kind;
import dev.woodpecker.runtime.kernel.KernelCalls;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A kernel's text with the first place that fits {@code pattern} replaced.
 *
 * @param kinds of faults of which the emulator finds one in any order of threads; with none it finds nothing, but the result
 *     is another; {@link Kind#NONE} is the text that is right
 * @param message what the fault's says
 */
record SeededFault(String name, String pattern, String replacement, Set<Kind> kinds, String message) {
    private String in(String text) {
        int start = text.indexOf("extern \"C\"");
        String broken = text.substring(0, start) + text.substring(start).replaceFirst(pattern, replacement);
        assertThat(broken.equals(text)).as(name).isFalse();
        return broken;
    }

    /** A test for each. */
    static Stream<DynamicTest> tests(KernelSource source, List<SeededFault> seeds, Path home) {
        Map<String, HostTensor> inputs = KernelCalls.smallIntegers(source.program(), -3, 4, 5);
        Map<String, HostTensor> expected = Interpreter.run(source.program(), inputs);
        Emulator emulator = new Emulator(
                TestCompilers.present().getFirst().getPayload(), CpuFeatures.ofHost(), CacheDirectory.open(home));
        List<EmulatedKernel> kernels = emulator.load(seeds.stream()
                .map(seed -> new CudaText(source.lowered(), seed.in(source.text())))
                .toList());
        return IntStream.range(0, seeds.size())
                .mapToObj(i ->
                        dynamicTest(seeds.get(i).name(), () -> seeds.get(i).check(kernels.get(i), inputs, expected)));
    }

    private void check(EmulatedKernel kernel, Map<String, HostTensor> inputs, Map<String, HostTensor> expected) {
        for (long order : new long[] {EmulatedKernel.RISING, EmulatedKernel.FALLING, 7}) {
            Emulation ended = kernel.run(inputs, order, 10);
            if (ended instanceof Emulation.Faulted(Fault fault)) {
                assertThat(fault.kind()).as(fault.message()).isIn(kinds);
                assertThat(fault.message()).contains(message, "remedy: ");
                assertThat(fault.message()).containsPattern("line \\d+ of the text, from MatrixProduct.java:\\d+: \\S");
            } else {
                boolean isRight = ((Emulation.Finished) ended).outputs().equals(expected);
                assertThat(isRight).isEqualTo(kinds.contains(Kind.NONE));
                assertThat(kinds).isSubsetOf(Kind.NONE);
            }
        }
    }

    /** A product of halves by groups of warps, a block of 128 x 128 results at a time, with three stages. */
    static KernelSource onHopper(String call, long rings) {
        TensorProgram program = KernelCalls.program(call, "product", DType.F16);
        Target target = Target.parse("cuda:sm_90a");
        Map<String, Long> wanted = Map.of(
                "warpgroup", 1L, "rings", rings, "split", 1L, "block.rows", 128L, "block.columns", 128L, "stages", 3L);
        SpacePoint point = new ScheduleSpace(program, target, Numerics.FP16, Map.of(), Set.of())
                .point(p -> wanted.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        return KernelSource.of(program, ((SpacePoint.Scheduled) point).trace(), target, Numerics.FP16);
    }

    /** The same with rings, by so many blocks for all tiles. */
    static KernelSource persistent(String call, long blocks) {
        KernelSource source = onHopper(call, 1);
        List<Step> steps = new ArrayList<>(source.trace().steps());
        steps.add(new Persist("k.o", Factor.of(blocks)));
        return KernelSource.of(
                source.program(),
                Trace.of("persistent", steps),
                source.lowered().target(),
                Numerics.FP16);
    }
}

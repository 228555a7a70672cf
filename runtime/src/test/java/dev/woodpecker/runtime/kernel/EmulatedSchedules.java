package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.CudaText;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/** Kernels whose schedules are chosen by hand, executed on the processor as they are printed. */
final class EmulatedSchedules {
    private EmulatedSchedules() {}

    /** With these choices of the space, by what follows the stage's name, and the preferred ones else. */
    static KernelSource source(TensorProgram program, Target target, Numerics numerics, Map<String, Long> choices) {
        SpacePoint point = new ScheduleSpace(program, target, numerics, Map.of(), Set.of())
                .point(p -> choices.getOrDefault(p.name().substring(p.name().indexOf('.') + 1), p.preferred()));
        assertThat(point).as("%s, %s", program.name(), choices).isInstanceOf(SpacePoint.Scheduled.class);
        return KernelSource.of(program, ((SpacePoint.Scheduled) point).trace(), target, numerics);
    }

    /** A test of each source; their texts are compiled together. */
    static Stream<DynamicTest> tests(
            List<String> names, List<KernelSource> sources, BiConsumer<Integer, EmulatedKernel> check) {
        List<EmulatedKernel> kernels =
                emulator().load(sources.stream().map(CudaText::of).toList());
        List<DynamicTest> tests = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            int number = i;
            tests.add(dynamicTest(names.get(i), () -> check.accept(number, kernels.get(number))));
        }
        return tests.stream();
    }

    static Emulator emulator() {
        try {
            return Emulator.of(Environment.ofProcess());
        } catch (ToolchainException absent) {
            Assumptions.abort("SKIPPED: " + absent.getMessage());
            throw absent;
        }
    }
}

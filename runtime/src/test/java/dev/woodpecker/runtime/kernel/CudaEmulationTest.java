package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweringException;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.rule.ScheduleSpace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.emulator.CudaText;
import dev.woodpecker.runtime.device.emulator.EmulatedKernel;
import dev.woodpecker.runtime.device.emulator.Emulation;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * The CUDA of every kernel of the library, as it is printed, executed on the processor: it computes what the program does,
 * and no access, barrier or copy of it is wrong.
 */
class CudaEmulationTest {
    private static final Target SM_80 = Target.parse("cuda:sm_80");
    private static final Target SM_90A = Target.parse("cuda:sm_90a");

    /** A case with a schedule. */
    private record Scheduled(KernelCase kernelCase, String schedule, KernelSource source) {}

    @TestFactory
    Stream<DynamicNode> everyKernelUnderSeveralSchedules() {
        return tests((c, isFirst) -> {
            List<Scheduled> schedules =
                    new ArrayList<>(List.of(byDefault(c, SM_80, Numerics.FP32), byDefault(c, SM_80, Numerics.STRICT)));
            if (isFirst) {
                // Other tiles of the same rules; one case of a kernel is enough to see them.
                schedules.add(byDefault(c, SM_90A, Numerics.FP32));
            }
            anywhere(c).ifPresent(schedules::add);
            return schedules;
        });
    }

    private interface Schedules {
        List<Scheduled> of(KernelCase c, boolean isFirst);
    }

    private static Stream<DynamicNode> tests(Schedules schedules) {
        Map<String, Scheduled> distinct = new LinkedHashMap<>();
        KernelTable.cases().values().stream()
                .parallel()
                .flatMap(cases -> cases.stream().flatMap(c -> schedules.of(c, c.equals(cases.getFirst())).stream()))
                .toList()
                // What is the same for two targets or modes but for their names is executed once.
                .forEach(s -> distinct.putIfAbsent(
                        s.kernelCase() + s.source().text().replaceAll("cuda:sm_\\w+, \\w+", ""), s));
        List<Scheduled> all = List.copyOf(distinct.values());
        List<EmulatedKernel> kernels =
                emulator().load(all.stream().map(s -> CudaText.of(s.source())).toList());
        Map<String, List<DynamicNode>> tests = new LinkedHashMap<>();
        for (int i = 0; i < all.size(); i++) {
            Scheduled scheduled = all.get(i);
            EmulatedKernel kernel = kernels.get(i);
            tests.computeIfAbsent(scheduled.kernelCase().spec().shortName(), _ -> new ArrayList<>())
                    .add(dynamicTest(
                            scheduled.kernelCase().line() + " [" + scheduled.schedule() + "]",
                            () -> check(scheduled, kernel)));
        }
        return tests.entrySet().stream().map(e -> dynamicContainer(e.getKey(), e.getValue()));
    }

    private static Emulator emulator() {
        try {
            return Emulator.of(Environment.ofProcess());
        } catch (ToolchainException absent) {
            Assumptions.abort("SKIPPED: " + absent.getMessage());
            throw absent;
        }
    }

    private static Scheduled byDefault(KernelCase c, Target target, Numerics numerics) {
        TensorProgram program = c.program();
        Trace trace = DefaultSchedule.of(program, target, numerics, Map.of());
        return new Scheduled(
                c, target.name() + " " + numerics.text(), KernelSource.of(program, trace, target, numerics));
    }

    /** The schedule of a point drawn at random; empty where there is but the number of threads to choose, or what is drawn does not fit. */
    private static Optional<Scheduled> anywhere(KernelCase c) {
        TensorProgram program = c.program();
        SplittableRandom random = new SplittableRandom(c.toString().hashCode());
        ScheduleSpace space = new ScheduleSpace(program, SM_80, Numerics.FP32, Map.of(), Set.of());
        for (int i = 0; i < 3; i++) {
            SpacePoint point =
                    space.point(p -> p.domain().get(random.nextInt(p.domain().size())));
            if (point instanceof SpacePoint.Scheduled(var decisions, Trace trace) && decisions.size() > 1) {
                try {
                    return Optional.of(
                            new Scheduled(c, "at " + decisions, KernelSource.of(program, trace, SM_80, Numerics.FP32)));
                } catch (LoweringException refused) {
                    // A search would leave this point out as well.
                    continue;
                }
            }
        }
        return Optional.empty();
    }

    private static void check(Scheduled scheduled, EmulatedKernel kernel) {
        Expected expected = Expected.of(scheduled.kernelCase());
        long seed = scheduled.kernelCase().toString().hashCode() & 0xffff;
        Emulation ended = kernel.run(expected.inputs(), seed, EmulatedKernel.LIMIT_SECONDS);
        switch (ended) {
            case Emulation.Faulted(var fault) -> throw new AssertionError(fault.message());
            case Emulation.CheckFailed failed -> throw new AssertionError(failed.toString());
            case Emulation.Finished(var outputs, var _) ->
                expected.results()
                        .forEach((name, tensor) -> assertThat(closeness(scheduled, expected)
                                        .difference(name, tensor, Objects.requireNonNull(outputs.get(name))))
                                .as("output %s of %s", name, scheduled.kernelCase())
                                .isEmpty());
        }
    }

    private static Closeness closeness(Scheduled scheduled, Expected expected) {
        return scheduled.source().lowered().numerics() == Numerics.STRICT
                ? scheduled.kernelCase().accuracy()
                : expected.closenessOfSums(scheduled.kernelCase());
    }
}

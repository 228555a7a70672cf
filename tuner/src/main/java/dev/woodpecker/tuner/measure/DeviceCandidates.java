package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Grid;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.measure.Outcome.Failed;
import dev.woodpecker.tuner.measure.Outcome.Failure;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** From points to code for a device. Safe for use by several threads, which is how many are built while others run. */
final class DeviceCandidates {
    /** What a point has become. */
    sealed interface Candidate {
        /** It ends here. */
        record Refused(Failed outcome) implements Candidate {}

        /**
         * Code.
         *
         * @param key equal for candidates that are the same code in the same grids
         */
        record Built(Point point, LoweredKernel kernel, Path file, ContentKey key) implements Candidate {}
    }

    private final DeviceCode code;
    /** By text: candidates that print the same are compiled once. */
    private final Map<ContentKey, DeviceCode.Made> made = new ConcurrentHashMap<>();

    DeviceCandidates(DeviceCode code) {
        this.code = code;
    }

    /** How many different sources were compiled. */
    int binaries() {
        return made.size();
    }

    Candidate build(TuningTask task, Point point) {
        return switch (point.result()) {
            case SpacePoint.Rejected(List<Decision> _, String reason) -> refused(Failure.REJECTED, reason);
            case SpacePoint.Scheduled(List<Decision> _, Trace trace) -> build(task, point, trace);
        };
    }

    private Candidate build(TuningTask task, Point point, Trace trace) {
        LoweredKernel kernel;
        String text;
        try {
            kernel = Lowering.lower(point.variant().program(), trace, task.target(), task.numerics());
            text = CPrinter.print(kernel, Dialect.CUDA);
        } catch (RuntimeException | StackOverflowError e) {
            return refused(Failure.REJECTED, "lowering refuses the schedule: " + e);
        }
        CodeOptions.Arithmetic arithmetic =
                task.numerics() == Numerics.STRICT ? CodeOptions.Arithmetic.STRICT : CodeOptions.Arithmetic.CONTRACTED;
        Source source = new Source(
                kernel.name(),
                text,
                kernel.phases().stream().map(LoweredKernel.Phase::symbol).toList(),
                new CodeOptions(CodeOptions.Effort.FULL, arithmetic));
        try {
            DeviceCode.Made result =
                    made.computeIfAbsent(ContentKey.of(text, arithmetic.toString()), _ -> code.make(source));
            Optional<KernelResources> spilling =
                    result.resources().stream().filter(KernelResources::spills).findFirst();
            if (spilling.isPresent()) {
                KernelResources used = spilling.get();
                return refused(
                        Failure.REJECTED,
                        "%s spills: its values do not fit %d registers, %d bytes go through memory"
                                .formatted(
                                        used.kernel(),
                                        used.registers(),
                                        used.spillStoreBytes() + used.spillLoadBytes()));
            }
            return new Candidate.Built(
                    point,
                    kernel,
                    result.file(),
                    ContentKey.of(text, arithmetic.toString(), phases(kernel).toString()));
        } catch (CompilationException e) {
            return refused(Failure.COMPILE, e.compilerMessage());
        }
    }

    private static Candidate.Refused refused(Failure failure, String reason) {
        return new Candidate.Refused(new Failed(failure, reason));
    }

    private static List<Job.Phase> phases(LoweredKernel kernel) {
        return kernel.phases().stream()
                .map(phase -> new Job.Phase(
                        phase.symbol(),
                        Candidates.constant(phase.extent()),
                        phase.scratchBytes(),
                        new Grid(
                                phase.launch().grid().stream()
                                        .map(Candidates::constant)
                                        .toList(),
                                phase.launch().block(),
                                phase.launch().dynamicSharedBytes(),
                                MappedArgument.of(kernel, phase))))
                .toList();
    }

    /**
     * What a worker needs to run a candidate.
     *
     * @param prepared files of inputs that are made of weights once, by name
     */
    static Job.Candidate runnable(TuningTask task, Candidate.Built candidate, Map<String, Path> prepared) {
        LoweredKernel kernel = candidate.kernel();
        return new Job.Candidate(
                candidate.file().toString(),
                phases(kernel),
                arguments(task, kernel, prepared),
                List.of(),
                kernel.checks(),
                Candidates.toleranceFactor(task, candidate.point()));
    }

    private static List<Job.Argument> arguments(TuningTask task, LoweredKernel kernel, Map<String, Path> prepared) {
        int outputs = 0;
        int workspaces = 0;
        List<Job.Argument> arguments = new ArrayList<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            String name = argument.buffer().name();
            Optional<Path> content = Optional.ofNullable(prepared.get(name));
            int ordinal = switch (argument.role()) {
                case INPUT -> content.isPresent() ? 0 : PreparedWeights.ordinal(task, name);
                case OUTPUT -> outputs++;
                case WORKSPACE -> workspaces++;
            };
            arguments.add(new Job.Argument(
                    argument.role(),
                    ordinal,
                    argument.buffer().type(),
                    argument.buffer().shape().stream().map(Candidates::constant).toList(),
                    argument.buffer().layout(),
                    // Everything is: a sample begins with empty caches.
                    argument.role() == Role.INPUT,
                    content.map(Path::toString)));
        }
        return arguments;
    }
}

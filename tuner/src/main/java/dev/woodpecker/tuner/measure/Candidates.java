package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.lower.GeneralizeConstants;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Decision;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.rule.SpacePoint;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.FileScope;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.TuningTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** From points to compiled code. */
final class Candidates {
    /** What a point has become. */
    sealed interface Candidate {
        /** It ends here. */
        record Refused(Outcome.Failed outcome) implements Candidate {}

        /**
         * A source.
         *
         * @param kernel what it does
         * @param symbols of the phases
         * @param parameters what it is called with
         * @param key equal for candidates that are the same code, called with the same numbers, on the same buffers
         */
        record Printed(
                Point point,
                LoweredKernel kernel,
                Source source,
                List<String> symbols,
                List<Long> parameters,
                ContentKey key)
                implements Candidate {
            public Printed {
                symbols = List.copyOf(symbols);
                parameters = List.copyOf(parameters);
            }

            /** Equal for candidates that share a binary. */
            ContentKey binary() {
                return ContentKey.of(source.text(), source.options().toString());
            }
        }
    }

    /** How a candidate is printed. */
    enum Form {
        /** Numbers that depend on shapes are parameters: candidates share binaries. */
        GENERAL,
        /** As it will be kept. */
        SPECIAL
    }

    /** C, the kernel that it was printed from, and what that is called with. */
    private record Text(LoweredKernel code, List<Long> parameters, String text) {
        Text {
            parameters = List.copyOf(parameters);
        }
    }

    /** Winograd's transforms round at the size of what they add up, which the direct sum does not have. */
    private static final double OTHER_VARIANT_TOLERANCE = 16;

    private final KernelCompiler compiler;
    private final CandidateSource seam;
    private final Set<ContentKey> built = new HashSet<>();
    private double seconds;
    private int printed;

    Candidates(KernelCompiler compiler, CandidateSource seam) {
        this.compiler = compiler;
        this.seam = seam;
    }

    /** How many different sources were compiled. */
    int binaries() {
        return built.size();
    }

    /** Time spent lowering and compiling. */
    double seconds() {
        return seconds;
    }

    Candidate print(TuningTask task, Point point, Form form) {
        long start = System.nanoTime();
        try {
            return switch (point.result()) {
                case SpacePoint.Rejected(List<Decision> _, String reason) -> refused(Outcome.Failure.REJECTED, reason);
                case SpacePoint.Scheduled(List<Decision> _, Trace trace) -> print(task, point, trace, form);
            };
        } finally {
            seconds += (System.nanoTime() - start) * 1e-9;
        }
    }

    private Candidate print(TuningTask task, Point point, Trace trace, Form form) {
        if (task.target().isCuda()) {
            return refused(
                    Outcome.Failure.REJECTED,
                    "nothing can be timed for " + task.target().name() + " here");
        }
        LoweredKernel kernel;
        Text text;
        try {
            kernel = Lowering.lower(point.variant().program(), trace, task.target(), task.numerics());
            text = form == Form.GENERAL ? general(kernel) : special(kernel);
        } catch (RuntimeException | StackOverflowError e) {
            return refused(Outcome.Failure.REJECTED, "lowering refuses the schedule: " + e);
        }
        return printed(task, point, kernel, text, form);
    }

    private static Text special(LoweredKernel kernel) {
        return new Text(kernel, List.of(), CPrinter.print(kernel, Dialect.C));
    }

    /** A kernel that cannot be generalized has its own binary. */
    private static Text general(LoweredKernel kernel) {
        try {
            GeneralizeConstants.Generalized general = GeneralizeConstants.apply(kernel);
            return new Text(general.kernel(), general.values(), CPrinter.print(general.kernel(), Dialect.C));
        } catch (IllegalArgumentException | IllegalStateException e) {
            return special(kernel);
        }
    }

    private Candidate.Printed printed(TuningTask task, Point point, LoweredKernel kernel, Text text, Form form) {
        Set<String> symbols = new LinkedHashSet<>();
        text.code().phases().forEach(phase -> symbols.add(phase.symbol()));
        List<String> phases = List.copyOf(symbols);
        FileScope.names(text.text()).forEach(symbols::add);
        CodeOptions.Arithmetic arithmetic =
                task.numerics() == Numerics.STRICT ? CodeOptions.Arithmetic.STRICT : CodeOptions.Arithmetic.CONTRACTED;
        CodeOptions.Effort effort = form == Form.GENERAL ? CodeOptions.Effort.TRIAL : CodeOptions.Effort.FULL;
        Source source = seam.of(
                kernel,
                new Source(
                        kernel.name() + "-" + ++printed,
                        text.text(),
                        List.copyOf(symbols),
                        new CodeOptions(effort, arithmetic)));
        // The buffers' shapes are among the parameters, their layouts in the text. Finalists are compiled as plans do.
        ContentKey key = ContentKey.of(
                source.text(), text.parameters().toString(), source.options().toString());
        return new Candidate.Printed(point, kernel, source, phases, text.parameters(), key);
    }

    private static Candidate.Refused refused(Outcome.Failure failure, String reason) {
        return new Candidate.Refused(new Outcome.Failed(failure, reason));
    }

    /** The libraries of those that compile, by {@link Candidate.Printed#binary}; the others are added to {@code refused}. */
    Map<ContentKey, SharedLibrary> compile(List<Candidate.Printed> wanted, Map<ContentKey, Outcome.Failed> refused) {
        long start = System.nanoTime();
        Map<ContentKey, Source> missing = new LinkedHashMap<>();
        wanted.forEach(candidate -> missing.putIfAbsent(candidate.binary(), candidate.source()));
        Map<ContentKey, SharedLibrary> libraries = new HashMap<>();
        while (libraries.isEmpty() && !missing.isEmpty()) {
            try {
                List<SharedLibrary> compiled = compiler.compile(List.copyOf(missing.values()));
                int i = 0;
                for (ContentKey key : missing.keySet()) {
                    libraries.put(key, compiled.get(i++));
                }
            } catch (CompilationException e) {
                ContentKey guilty = missing.entrySet().stream()
                        .filter(entry -> entry.getValue().name().equals(e.sourceName()))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow(() -> e);
                missing.remove(guilty);
                refused.put(guilty, new Outcome.Failed(Outcome.Failure.COMPILE, e.compilerMessage()));
            }
        }
        built.addAll(libraries.keySet());
        seconds += (System.nanoTime() - start) * 1e-9;
        return libraries;
    }

    static Arrangement arrangement(Buffer buffer) {
        return Arrangement.of(
                buffer.type(), buffer.shape().stream().map(Candidates::constant).toList(), buffer.layout());
    }

    /** What a worker needs to run a candidate. */
    static Job.Candidate runnable(
            TuningTask task, Candidate.Printed candidate, SharedLibrary library, Map<String, Path> prepared) {
        LoweredKernel kernel = candidate.kernel();
        List<Job.Phase> phases = new ArrayList<>();
        for (LoweredKernel.Phase phase : kernel.phases()) {
            String symbol = candidate.symbols().get(phases.size());
            phases.add(new Job.Phase(library.exported(symbol), constant(phase.extent()), phase.scratchBytes()));
        }
        Set<String> constants = candidate.point().variant().constants(task.constants());
        Map<Role, Integer> ordinals = new EnumMap<>(Role.class);
        List<Job.Argument> arguments = new ArrayList<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            Buffer buffer = argument.buffer();
            Optional<Path> content = Optional.ofNullable(prepared.get(buffer.name()));
            int ordinal = argument.role() == Role.INPUT && content.isEmpty()
                    ? PreparedWeights.ordinal(task, buffer.name())
                    : ordinals.merge(argument.role(), 1, Integer::sum) - 1;
            boolean cold = argument.role() == Role.INPUT && task.coldWeights() && constants.contains(buffer.name());
            arguments.add(new Job.Argument(
                    argument.role(),
                    ordinal,
                    buffer.type(),
                    buffer.shape().stream().map(Candidates::constant).toList(),
                    buffer.layout(),
                    cold,
                    content.map(Path::toString)));
        }
        return new Job.Candidate(
                library.file().toString(),
                phases,
                arguments,
                candidate.parameters(),
                kernel.checks(),
                toleranceFactor(task, candidate.point()));
    }

    static double toleranceFactor(TuningTask task, Point point) {
        boolean isFirst =
                point.variant().name().equals(task.variants().getFirst().name());
        return isFirst ? 1 : OTHER_VARIANT_TOLERANCE;
    }

    static long constant(Expr e) {
        return IndexMath.constant(e).orElseThrow(() -> new IllegalStateException("not bound: " + e));
    }
}

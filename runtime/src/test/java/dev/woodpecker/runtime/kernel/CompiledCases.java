package dev.woodpecker.runtime.kernel;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeLibrary;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import dev.woodpecker.runtime.kernel.CompiledCase.Failed;
import dev.woodpecker.runtime.kernel.CompiledCase.Ready;
import dev.woodpecker.runtime.kernel.CompiledCase.Wanted;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.CodeOptions.Arithmetic;
import dev.woodpecker.runtime.toolchain.CodeOptions.Effort;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** Makes code of many cases at once, in few translation units. */
final class CompiledCases {
    private CompiledCases() {}

    /** A test for each case, grouped by kernel; code stays loaded as long as {@code arena} lives. */
    static Stream<DynamicNode> tests(List<Wanted> wanted, Arena arena, Consumer<Ready> check) {
        Map<String, List<DynamicNode>> tests = new LinkedHashMap<>();
        KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
        for (CompiledCase c : compile(wanted, compiler, Effort.LIGHT, arena)) {
            tests.computeIfAbsent(c.kernelCase().spec().shortName(), _ -> new ArrayList<>())
                    .add(dynamicTest(c.kernelCase().line() + " [" + c.setting() + "]", () -> run(c, check)));
        }
        return tests.entrySet().stream().map(e -> dynamicContainer(e.getKey(), e.getValue()));
    }

    private static void run(CompiledCase compiled, Consumer<Ready> check) throws Throwable {
        switch (compiled) {
            case Failed failed -> throw failed.reason();
            case Ready ready -> check.accept(ready);
        }
    }

    /** Compiles cases in few translation units; libraries stay loaded as long as {@code arena} lives. */
    static List<CompiledCase> compile(List<Wanted> wanted, KernelCompiler compiler, Effort effort, Arena arena) {
        List<Lowered> lowered =
                wanted.parallelStream().map(w -> Lowered.of(w, effort)).toList();
        List<Source> sources = lowered.stream()
                .flatMap(l -> l instanceof Lowered.Printed p ? Stream.of(p.source) : Stream.empty())
                .toList();
        Map<Source, SharedLibrary> libraries = libraries(sources, compiler);
        Map<Path, NativeLibrary> loaded = new ConcurrentHashMap<>();
        List<CompiledCase> compiled = new ArrayList<>();
        for (Lowered l : lowered) {
            compiled.add(
                    switch (l) {
                        case Lowered.Refused(Wanted w, Throwable reason) ->
                            new Failed(w.kernelCase(), w.setting(), reason);
                        case Lowered.Printed p -> attempt(p.wanted, () -> load(p, libraries, compiler, loaded, arena));
                    });
        }
        return compiled;
    }

    private static CompiledCase attempt(Wanted w, Callable<CompiledCase> action) {
        try {
            return action.call();
        } catch (Exception | AssertionError | StackOverflowError e) {
            return new Failed(w.kernelCase(), w.setting(), e);
        }
    }

    /** Empty when a source of the batch does not compile: then each is compiled alone. */
    private static Map<Source, SharedLibrary> libraries(List<Source> sources, KernelCompiler compiler) {
        Map<Source, SharedLibrary> libraries = new HashMap<>();
        try {
            compiler.compile(sources).forEach(library -> libraries.put(library.source(), library));
        } catch (CompilationException e) {
            libraries.clear();
        }
        return libraries;
    }

    private static CompiledCase load(
            Lowered.Printed p,
            Map<Source, SharedLibrary> libraries,
            KernelCompiler compiler,
            Map<Path, NativeLibrary> loaded,
            Arena arena) {
        SharedLibrary library = libraries.containsKey(p.source) ? libraries.get(p.source) : compiler.compile(p.source);
        NativeLibrary code = loaded.computeIfAbsent(library.file(), file -> NativeLibrary.open(file, arena));
        List<NativePhase> phases = new ArrayList<>();
        for (LoweredKernel.Phase phase : p.kernel.phases()) {
            phases.add(new NativePhase(
                    code.kernel(library.exported(phase.symbol())),
                    ((Expr.IntConst) phase.extent()).value(),
                    phase.scratchBytes()));
        }
        return new Ready(
                p.wanted.kernelCase(), p.wanted.setting(), p.program, p.kernel, p.source.text(), new CpuKernel(phases));
    }

    /** A case on the way. */
    private sealed interface Lowered {
        record Printed(Wanted wanted, TensorProgram program, LoweredKernel kernel, Source source) implements Lowered {}

        record Refused(Wanted wanted, Throwable reason) implements Lowered {}

        static Lowered of(Wanted wanted, Effort effort) {
            try {
                TensorProgram program = wanted.kernelCase().program();
                LoweredKernel kernel = wanted.setting().lower(program);
                Arithmetic arithmetic =
                        wanted.setting().numerics() == Numerics.STRICT ? Arithmetic.STRICT : Arithmetic.CONTRACTED;
                List<String> symbols = kernel.phases().stream()
                        .map(LoweredKernel.Phase::symbol)
                        .toList();
                Source source = new Source(
                        kernel.name(), CPrinter.print(kernel, Dialect.C), symbols, new CodeOptions(effort, arithmetic));
                return new Printed(wanted, program, kernel, source);
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                return new Refused(wanted, e);
            }
        }
    }
}

package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.DefaultSchedule;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.FileScope;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Lowers, prints, compiles and loads kernels, all that are missing in one batch. Safe for use by several threads. */
public final class KernelStore {
    /** Below this many operations a kernel runs shorter than {@code -O3} takes longer. */
    private static final long LIGHT_WORK = 20_000;

    private final KernelCompiler compiler;
    private final Target target;
    private final Numerics numerics;
    private final KernelLoader loader;
    private final SourceDump dump;
    private final KernelLog log;
    private final Map<KernelKey, CompiledKernel> compiled = new HashMap<>();
    private final Map<KernelKey, LoadedKernel> loaded = new HashMap<>();

    /**
     * @param arena how long the code stays loaded
     */
    public KernelStore(
            KernelCompiler compiler, Target target, Numerics numerics, Arena arena, SourceDump dump, KernelLog log) {
        this.compiler = compiler;
        this.target = target;
        this.numerics = numerics;
        this.loader = new KernelLoader(arena);
        this.dump = dump;
        this.log = log;
    }

    public Target target() {
        return target;
    }

    public Numerics numerics() {
        return numerics;
    }

    /** The layouts that a program would run best with. */
    public Map<String, LayoutMap> preferredLayouts(TensorProgram program) {
        return DefaultSchedule.preferredLayouts(program, target, numerics);
    }

    /** Why a kernel's schedule cannot be lowered for this program and target; empty if it can. */
    public Optional<String> whyUnfit(KernelKey key) {
        try {
            lower(key);
            return Optional.empty();
        } catch (RuntimeException wrong) {
            // A trace that was not made for this program can go wrong anywhere.
            return Optional.of(String.valueOf(wrong.getMessage()));
        }
    }

    /** The kernels of these keys, each once. */
    public synchronized Map<KernelKey, LoadedKernel> load(Collection<KernelKey> keys) {
        Map<KernelKey, LoadedKernel> result = new LinkedHashMap<>();
        compile(keys).forEach((key, kernel) -> result.put(key, loaded.computeIfAbsent(key, _ -> loader.load(kernel))));
        return result;
    }

    /** The kernels of these keys as files, each once. */
    public synchronized Map<KernelKey, CompiledKernel> compile(Collection<KernelKey> keys) {
        Map<KernelKey, LoweredKernel> missing = new LinkedHashMap<>();
        for (KernelKey key : keys) {
            if (!compiled.containsKey(key) && !missing.containsKey(key)) {
                missing.put(key, lower(key));
            }
        }
        List<Source> sources = new ArrayList<>();
        missing.forEach((key, kernel) -> sources.add(source(key, kernel)));
        sources.forEach(dump::write);
        sources.forEach(log::printed);
        List<SharedLibrary> libraries = compiler.compile(sources);
        int i = 0;
        for (Map.Entry<KernelKey, LoweredKernel> entry : missing.entrySet()) {
            compiled.put(entry.getKey(), compiled(libraries.get(i++), entry.getValue()));
        }
        Map<KernelKey, CompiledKernel> result = new LinkedHashMap<>();
        keys.forEach(key -> result.put(key, Objects.requireNonNull(compiled.get(key))));
        return result;
    }

    /** What makes plans of this store's kernels ready to run. */
    public KernelLoader loader() {
        return loader;
    }

    /** The C of the kernels of these keys. */
    public List<Source> sources(Collection<KernelKey> keys) {
        return keys.stream().distinct().map(key -> source(key, lower(key))).toList();
    }

    private LoweredKernel lower(KernelKey key) {
        Trace trace = key.trace().orElseGet(() -> DefaultSchedule.of(key.program(), target, numerics, key.layouts()));
        log.scheduled(key, trace);
        return Lowering.lower(
                key.program(), trace, target, numerics, log.passes(key.program().name()));
    }

    private Source source(KernelKey key, LoweredKernel kernel) {
        Cost cost = Cost.of(key.program());
        CodeOptions.Effort effort =
                cost.flops() + cost.bytes() < LIGHT_WORK ? CodeOptions.Effort.LIGHT : CodeOptions.Effort.FULL;
        CodeOptions.Arithmetic arithmetic =
                numerics == Numerics.STRICT ? CodeOptions.Arithmetic.STRICT : CodeOptions.Arithmetic.CONTRACTED;
        String text = CPrinter.print(kernel, Dialect.C);
        Set<String> symbols = new LinkedHashSet<>();
        kernel.phases().forEach(phase -> symbols.add(phase.symbol()));
        FileScope.names(text).forEach(symbols::add);
        return new Source(kernel.name(), text, List.copyOf(symbols), new CodeOptions(effort, arithmetic));
    }

    private static CompiledKernel compiled(SharedLibrary library, LoweredKernel kernel) {
        List<CompiledKernel.Phase> phases = kernel.phases().stream()
                .map(phase -> new CompiledKernel.Phase(
                        library.exported(phase.symbol()), constant(phase.extent()), phase.scratchBytes()))
                .toList();
        List<Long> workspaces = kernel.arguments().stream()
                .filter(argument -> argument.role() == Role.WORKSPACE)
                .map(argument -> {
                    long[] extents = argument.buffer().shape().stream()
                            .mapToLong(KernelStore::constant)
                            .toArray();
                    return argument.buffer().layout().elements(extents)
                            * argument.buffer().type().bytes();
                })
                .toList();
        return new CompiledKernel(library.source().text(), library.file(), phases, workspaces, kernel.checks());
    }

    private static long constant(Expr e) {
        return IndexMath.constant(e).orElseThrow(() -> new IllegalStateException("not bound: " + e));
    }
}

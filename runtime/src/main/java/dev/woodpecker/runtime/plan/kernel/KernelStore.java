package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.Source;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Lowers, prints, compiles and loads kernels, all that are missing in one batch. Safe for use by several threads. */
public final class KernelStore {
    private final CodeMaker compiler;
    private final Target target;
    private final Numerics numerics;
    private final KernelLoader loader;
    private final KernelPrinter printer;
    private final SourceDump dump;
    private final KernelLog log;
    private final Map<KernelKey, CompiledKernel> compiled = new HashMap<>();
    private final Map<KernelKey, LoadedKernel> loaded = new HashMap<>();

    /**
     * @param arena how long the code stays loaded
     */
    public KernelStore(
            KernelCompiler compiler, Target target, Numerics numerics, Arena arena, SourceDump dump, KernelLog log) {
        this(CodeMaker.of(compiler), target, numerics, arena, dump, log);
    }

    /**
     * @param arena how long the code stays loaded
     */
    public KernelStore(
            CodeMaker compiler, Target target, Numerics numerics, Arena arena, SourceDump dump, KernelLog log) {
        this.compiler = compiler;
        this.target = target;
        this.numerics = numerics;
        this.loader = new KernelLoader(arena);
        this.printer = new KernelPrinter(target, numerics, compiler.cache(), log);
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
            printer.print(key);
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
        List<KernelKey> missing = keys.stream()
                .distinct()
                .filter(key -> !compiled.containsKey(key))
                .toList();
        List<PrintedKernel> kernels = printer.print(missing);
        List<Source> sources = kernels.stream().map(PrintedKernel::source).toList();
        sources.forEach(source -> dump.write(source, target.isCuda() ? ".cu" : ".c"));
        sources.forEach(log::printed);
        List<CodeMaker.Code> code = compiler.make(sources);
        for (int i = 0; i < missing.size(); i++) {
            compiled.put(missing.get(i), kernels.get(i).in(code.get(i)));
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
        return printer.print(keys.stream().distinct().toList()).stream()
                .map(PrintedKernel::source)
                .toList();
    }
}

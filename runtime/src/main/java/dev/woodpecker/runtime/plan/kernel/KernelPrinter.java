package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.KernelSource;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.TraceJson;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheEntry;
import dev.woodpecker.runtime.toolchain.CodeIdentity;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.FileScope;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lowers and prints kernels, each once. What they become is kept in the cache, where the next process finds it: a schedule
 * is lowered ten times as long as its text is read. Safe for use by several threads.
 */
final class KernelPrinter {
    /** Part of every key; changes when {@link PrintedKernel#toBytes} does. */
    private static final String FORMAT = "printed kernel 3";

    private static final String FILE = "kernel";

    /** Below this many operations a kernel runs shorter than {@code -O3} takes longer. */
    private static final long LIGHT_WORK = 20_000;

    private final Target target;
    private final Numerics numerics;
    private final CacheDirectory cache;
    private final KernelLog log;
    private final Map<KernelKey, PrintedKernel> printed = new ConcurrentHashMap<>();

    KernelPrinter(Target target, Numerics numerics, CacheDirectory cache, KernelLog log) {
        this.target = target;
        this.numerics = numerics;
        this.cache = cache;
        this.log = log;
    }

    PrintedKernel print(KernelKey key) {
        PrintedKernel known = printed.get(key);
        if (known != null) {
            return known;
        }
        PrintedKernel made = log.showsSchedules() ? lowered(key) : cached(key);
        printed.put(key, made);
        return made;
    }

    /** The same for many, side by side. */
    List<PrintedKernel> print(Collection<KernelKey> keys) {
        return (log.showsSchedules() ? keys.stream() : keys.parallelStream())
                .map(this::print)
                .toList();
    }

    private PrintedKernel cached(KernelKey key) {
        ContentKey name = name(key);
        Optional<CacheEntry> entry = cache.find(CacheDirectory.Section.SCHEDULED, name);
        if (entry.isPresent()) {
            try {
                return PrintedKernel.of(Files.readAllBytes(entry.get().file(FILE)));
            } catch (IOException | IllegalArgumentException e) {
                // Another program cleans the cache: what is missing is made.
                return lowered(key);
            }
        }
        PrintedKernel made = lowered(key);
        cache.publish(
                CacheDirectory.Section.SCHEDULED,
                name,
                directory -> Files.write(directory.resolve(FILE), made.toBytes()));
        return made;
    }

    private ContentKey name(KernelKey key) {
        List<String> parts =
                new ArrayList<>(List.of(FORMAT, CodeIdentity.ofCompiler(), target.toString(), numerics.text()));
        parts.add(key.program().toString());
        tables(key.program()).forEach(table -> {
            parts.add(table.toString());
            parts.add(Arrays.toString(table.values()));
        });
        key.layouts().forEach((tensor, layout) -> {
            parts.add(tensor);
            parts.add(layout.text());
        });
        parts.add(key.trace().map(TraceJson::print).orElse(""));
        return ContentKey.of(parts);
    }

    /** Whose values are not in a program's text. */
    private static Set<Table> tables(TensorProgram program) {
        Set<Table> tables = new LinkedHashSet<>();
        for (Stage stage : program.stages()) {
            stage.reduction().ifPresent(reduction -> addTables(reduction.body(), tables));
            addTables(stage.element(), tables);
        }
        return tables;
    }

    private static void addTables(Expr expression, Set<Table> tables) {
        expression.anyMatch(e -> {
            if (e instanceof Expr.TableEntry entry) {
                tables.add(entry.table());
            }
            return false;
        });
    }

    private PrintedKernel lowered(KernelKey key) {
        Trace trace = key.trace().orElseGet(() -> DefaultSchedule.of(key.program(), target, numerics, key.layouts()));
        log.scheduled(key, trace);
        LoweredKernel kernel = Lowering.lower(
                key.program(), trace, target, numerics, log.passes(key.program().name()));
        List<CompiledKernel.Phase> phases = kernel.phases().stream()
                .map(phase -> new CompiledKernel.Phase(
                        phase.symbol(), constant(phase.extent()), phase.scratchBytes(), grid(kernel, phase)))
                .toList();
        List<Long> workspaceBytes = kernel.arguments().stream()
                .filter(argument -> argument.role() == Role.WORKSPACE)
                .map(argument -> {
                    long[] extents = argument.buffer().shape().stream()
                            .mapToLong(KernelPrinter::constant)
                            .toArray();
                    return argument.buffer().layout().elements(extents)
                            * argument.buffer().type().bytes();
                })
                .toList();
        return new PrintedKernel(
                source(key, kernel), phases, workspaceBytes, kernel.checks(), StoresOnce.holds(trace, kernel));
    }

    private Source source(KernelKey key, LoweredKernel kernel) {
        Cost cost = Cost.of(key.program());
        CodeOptions.Effort effort =
                cost.flops() + cost.bytes() < LIGHT_WORK ? CodeOptions.Effort.LIGHT : CodeOptions.Effort.FULL;
        CodeOptions.Arithmetic arithmetic =
                numerics == Numerics.STRICT ? CodeOptions.Arithmetic.STRICT : CodeOptions.Arithmetic.CONTRACTED;
        String text = CPrinter.print(kernel, KernelSource.dialect(target));
        Set<String> symbols = new LinkedHashSet<>();
        kernel.phases().forEach(phase -> symbols.add(phase.symbol()));
        FileScope.names(text).forEach(symbols::add);
        return new Source(kernel.name(), text, List.copyOf(symbols), new CodeOptions(effort, arithmetic));
    }

    private static CompiledKernel.Grid grid(LoweredKernel kernel, LoweredKernel.Phase phase) {
        LoweredKernel.Launch launch = phase.launch();
        return new CompiledKernel.Grid(
                launch.grid().stream().map(KernelPrinter::constant).toList(),
                launch.block(),
                launch.dynamicSharedBytes(),
                MappedArgument.of(kernel, phase));
    }

    private static long constant(Expr e) {
        return IndexMath.constant(e).orElseThrow(() -> new IllegalStateException("not bound: " + e));
    }
}

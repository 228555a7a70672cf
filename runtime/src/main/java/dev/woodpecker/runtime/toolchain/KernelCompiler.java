package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compiles a model's kernels: what the cache has is taken from there, the rest is shared out into one translation unit
 * a core. Safe for use by several threads.
 */
public final class KernelCompiler {
    /** Part of every key; changes when the files of an entry, or what is added to a source, change. */
    private static final String FORMAT = "c kernel 1";

    private static final String UNIT_FORMAT = "c unit 1";

    /** How sources are shared out where the machine's cores must not decide it: a call of gcc takes longer than eight. */
    private static final int SOURCES_IN_A_UNIT = 8;

    private static final int MOST_UNITS = 16;

    private static final String LIBRARY = "library.so";
    private static final String SOURCE = "source.c";

    private final CompilerSource found;
    private final CpuFeatures cpu;
    private final CacheDirectory cache;
    private final boolean isReproducible;
    /** Asked before the compiler, which need not be there then. */
    private final Optional<CarriedLibraries> carried;

    public KernelCompiler(CCompiler compiler, CpuFeatures cpu, CacheDirectory cache) {
        this(CompilerSource.of(compiler), cpu, cache, false, Optional.empty());
    }

    private KernelCompiler(
            CompilerSource found,
            CpuFeatures cpu,
            CacheDirectory cache,
            boolean isReproducible,
            Optional<CarriedLibraries> carried) {
        this.found = found;
        this.cpu = cpu;
        this.cache = cache;
        this.isReproducible = isReproducible;
        this.carried = carried;
    }

    /**
     * A compiler for another processor whose files hold what is compiled together and nothing else: the same sources give
     * the same bytes, whatever was compiled before and on however many cores.
     *
     * @throws ToolchainException if it is of another architecture, and there is no clang that compiles for it
     */
    public KernelCompiler reproducibleFor(CpuFeatures processor) {
        boolean isForeign = processor.isAarch64() != cpu.isAarch64();
        CompilerSource able = isForeign ? CompilerSource.of(crossCompiler()) : found;
        return new KernelCompiler(able, processor, cache, true, Optional.empty());
    }

    /**
     * The same for any processor of a usual level: what it compiles is the same on every machine. By it the processor computes
     * what a GPU's model makes of its weights.
     */
    public KernelCompiler portable() {
        return new KernelCompiler(found, cpu.portable(), cache, isReproducible, carried);
    }

    /** The same with another place for what it makes. */
    public KernelCompiler keptIn(CacheDirectory other) {
        return new KernelCompiler(found, cpu, other, isReproducible, carried);
    }

    /** One that has every architecture in it, and a linker for all of them. */
    private CCompiler crossCompiler() {
        CCompiler compiler = compiler();
        if (compiler.family() == CompilerFamily.CLANG && compiler.linkFlags().contains("-fuse-ld=lld")) {
            return compiler;
        }
        return BundledLlvm.find(cache)
                .orElseThrow(() -> new ToolchainException("Code for another architecture is compiled by the clang of "
                        + BundledLlvm.COORDINATES + ", which is not on the class path. Put it there"));
    }

    /**
     * The compiler, cache and processor that {@code environment} names. Where it names {@link CarriedLibraries} a compiler is
     * looked for when something is not among them.
     *
     * @throws ToolchainException when there is no compiler
     */
    public static KernelCompiler of(Environment environment) {
        CacheDirectory cache = CacheDirectory.open(environment);
        CompilerSource found = CompilerSource.of(environment, cache);
        Optional<CarriedLibraries> carried = CarriedLibraries.of(environment, cache);
        if (carried.isEmpty()) {
            CCompiler _ = found.get();
        }
        return new KernelCompiler(found, CpuFeatures.ofHost(), cache, false, carried);
    }

    /**
     * @throws ToolchainException when there is none
     */
    public CCompiler compiler() {
        return found.get();
    }

    /** Where compiled kernels are kept. */
    public CacheDirectory cache() {
        return cache;
    }

    public CpuFeatures cpu() {
        return cpu;
    }

    /**
     * Compiles {@code sources}; the result has one library a source, in the same order.
     *
     * @throws CompilationException for a source that the compiler refuses; none of that source is kept in the cache
     */
    public List<SharedLibrary> compile(List<Source> sources) {
        if (isReproducible) {
            return compileTogether(sources);
        }
        return carried.isEmpty() ? compileAlone(sources) : compileOthers(carried.get(), sources);
    }

    /** What was carried as it is, and the others as usual. */
    private List<SharedLibrary> compileOthers(CarriedLibraries libraries, List<Source> sources) {
        Map<Source, SharedLibrary> known = new HashMap<>();
        List<Source> others = new ArrayList<>();
        for (Source source : sources) {
            libraries.find(source).ifPresentOrElse(library -> known.put(source, library), () -> others.add(source));
        }
        if (!others.isEmpty()) {
            try {
                CCompiler _ = found.get();
            } catch (ToolchainException noCompiler) {
                throw libraries.missing(others, noCompiler);
            }
            compileAlone(others).forEach(library -> known.put(library.source(), library));
        }
        return sources.stream()
                .map(source -> Objects.requireNonNull(known.get(source)))
                .toList();
    }

    private List<SharedLibrary> compileAlone(List<Source> sources) {
        Map<ContentKey, Source> missing = new LinkedHashMap<>();
        Map<ContentKey, Path> done = new LinkedHashMap<>();
        List<ContentKey> keys = sources.stream().map(this::key).toList();
        Integrity integrity = Sha256Sums.ofOneTime();
        for (int i = 0; i < keys.size(); i++) {
            ContentKey key = keys.get(i);
            if (done.containsKey(key) || missing.containsKey(key)) {
                continue;
            }
            Optional<CacheEntry> entry = cache.find(CacheDirectory.Section.KERNELS, key, integrity);
            if (entry.isPresent()) {
                done.put(key, entry.get().file(LIBRARY));
            } else {
                missing.put(key, sources.get(i));
            }
        }
        done.putAll(compileInParallel(TranslationUnit.share(
                missing, Math.min(cpu.cores(), CpuFeatures.ofHost().cores()))));
        return libraries(sources, keys, done);
    }

    /** Keeps each unit as it is, under the key of all that is in it. */
    private List<SharedLibrary> compileTogether(List<Source> sources) {
        List<ContentKey> keys = sources.stream().map(this::key).toList();
        Map<ContentKey, Source> distinct = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            distinct.putIfAbsent(keys.get(i), sources.get(i));
        }
        int count = Math.min(MOST_UNITS, Math.ceilDiv(distinct.size(), SOURCES_IN_A_UNIT));
        Map<ContentKey, Path> done = new LinkedHashMap<>();
        List<TranslationUnit> missing = new ArrayList<>();
        for (TranslationUnit unit : TranslationUnit.share(distinct, count)) {
            Optional<CacheEntry> entry = cache.find(CacheDirectory.Section.KERNELS, unitKey(unit));
            entry.ifPresentOrElse(
                    known -> unit.sources().keySet().forEach(key -> done.put(key, known.file(LIBRARY))),
                    () -> missing.add(unit));
        }
        done.putAll(compileInParallel(missing));
        return libraries(sources, keys, done);
    }

    private static ContentKey unitKey(TranslationUnit unit) {
        List<String> parts = new ArrayList<>(List.of(UNIT_FORMAT));
        unit.sources().keySet().forEach(key -> parts.add(key.hex()));
        return ContentKey.of(parts);
    }

    private static List<SharedLibrary> libraries(
            List<Source> sources, List<ContentKey> keys, Map<ContentKey, Path> done) {
        List<SharedLibrary> libraries = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            ContentKey key = keys.get(i);
            Path file = done.get(key);
            if (file == null) {
                throw new IllegalStateException(
                        "no library for " + sources.get(i).name());
            }
            libraries.add(new SharedLibrary(sources.get(i), key, file));
        }
        return libraries;
    }

    /** The same for one source. */
    public SharedLibrary compile(Source source) {
        return compile(List.of(source)).getFirst();
    }

    private ContentKey key(Source source) {
        CCompiler compiler = compiler();
        List<String> parts = new ArrayList<>();
        parts.add(FORMAT);
        parts.add(source.text());
        parts.add(String.join(" ", source.symbols()));
        parts.add(compiler.versionText());
        parts.add(String.join(" ", compiler.flags(source.options(), cpu)));
        parts.add(String.join(" ", cpu.flags()));
        return ContentKey.of(parts);
    }

    private Map<ContentKey, Path> compileInParallel(List<TranslationUnit> units) {
        Map<ContentKey, Path> files = new LinkedHashMap<>();
        if (units.isEmpty()) {
            return files;
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Map<ContentKey, Path>>> tasks = new ArrayList<>();
            units.forEach(unit -> tasks.add(() -> compile(unit)));
            for (Future<Map<ContentKey, Path>> result : threads.invokeAll(tasks)) {
                files.putAll(result.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ToolchainException("interrupted while compiling", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
        return files;
    }

    /** Compiles one unit and publishes an entry for each of its sources. */
    private Map<ContentKey, Path> compile(TranslationUnit unit) {
        return cache.inStagingDirectory(work -> {
            ProgramRun run = run(unit, work);
            if (!run.succeeded()) {
                return onFailure(unit, run);
            }
            Map<ContentKey, Path> files = new LinkedHashMap<>();
            if (isReproducible) {
                Path library = publish(unitKey(unit), work);
                unit.sources().keySet().forEach(key -> files.put(key, library));
            } else {
                unit.sources().keySet().forEach(key -> files.put(key, publish(key, work)));
            }
            return files;
        });
    }

    private Path publish(ContentKey key, Path work) {
        return cache.publish(CacheDirectory.Section.KERNELS, key, directory -> {
                    linkOrCopy(work.resolve(LIBRARY), directory.resolve(LIBRARY));
                    linkOrCopy(work.resolve(SOURCE), directory.resolve(SOURCE));
                })
                .file(LIBRARY);
    }

    private ProgramRun run(TranslationUnit unit, Path work) throws IOException {
        CCompiler compiler = compiler();
        Files.writeString(work.resolve(SOURCE), unit.text());
        List<String> command = new ArrayList<>();
        command.add(compiler.executable().toString());
        command.addAll(compiler.flags(unit.options(), cpu));
        command.addAll(List.of("-o", LIBRARY, SOURCE));
        return ProgramRun.of(command, work);
    }

    /** Finds the source that is at fault by compiling each alone; a mere clash of names between them ends there. */
    private Map<ContentKey, Path> onFailure(TranslationUnit unit, ProgramRun run) {
        if (unit.sources().size() > 1) {
            Map<ContentKey, Path> files = new LinkedHashMap<>();
            unit.alone().forEach(single -> files.putAll(compile(single)));
            return files;
        }
        Map.Entry<ContentKey, Source> only =
                unit.sources().entrySet().iterator().next();
        Path kept = cache.keepFailed(only.getValue().name(), only.getKey(), ".c", unit.text());
        throw new CompilationException(only.getValue().name(), kept, unit.text(), run);
    }

    private static void linkOrCopy(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(from, to);
        }
    }
}

package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.toolchain.CCompiler;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import dev.woodpecker.runtime.toolchain.CacheEntry;
import dev.woodpecker.runtime.toolchain.CompilationException;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.ProgramRun;
import dev.woodpecker.runtime.toolchain.VectorLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** CUDA texts to a library of the machine at hand, in which each access and each edge of the control flow is announced. */
final class EmulatorCompiler {
    static final String LIBRARY = "library.so";

    /** A frame beyond this does not fit the stack of a fiber; the compiler says so instead of the machine. */
    private static final int MOST_FRAME_BYTES = 32 << 10;

    private static final String HEADER = "emulator.h";
    private static final String CORE = "emulator.cc";
    private static final String UNIT = "unit.cc";

    private static final List<String> LANGUAGE = List.of(
            "-x",
            "c++",
            "-std=gnu++17",
            "-ffreestanding",
            "-fno-exceptions",
            "-fno-rtti",
            "-fPIC",
            "-fno-stack-protector",
            "-fno-asynchronous-unwind-tables",
            "-fvisibility=hidden");

    private static final List<String> INSTRUMENTED = List.of(
            "-fno-math-errno",
            "-fno-trapping-math",
            "-gdwarf-4",
            "-fsanitize=thread",
            "-fsanitize=bounds,alignment",
            "-fsanitize-coverage=trace-pc",
            "-Wframe-larger-than=" + MOST_FRAME_BYTES,
            "-include",
            HEADER);

    private final CCompiler compiler;
    private final CpuFeatures cpu;
    private final CacheDirectory cache;

    EmulatorCompiler(CCompiler compiler, CpuFeatures cpu, CacheDirectory cache) {
        this.compiler = compiler;
        this.cpu = cpu;
        this.cache = cache;
    }

    int cores() {
        return cpu.cores();
    }

    /**
     * The library of these texts, in which the text at {@code i} has the prefix {@link #prefix} of {@code i}.
     *
     * @throws CompilationException when a text is refused, naming the first that is
     */
    Path compile(List<CudaText> texts) {
        ContentKey key = key(texts);
        Optional<CacheEntry> known = cache.find(Section.KERNELS, key);
        if (known.isPresent()) {
            return known.get().file(LIBRARY);
        }
        return cache.inStagingDirectory(work -> {
            ProgramRun run = build(texts, work);
            if (run.succeeded()) {
                return cache.publish(
                                Section.KERNELS,
                                key,
                                directory -> Files.copy(work.resolve(LIBRARY), directory.resolve(LIBRARY)))
                        .file(LIBRARY);
            }
            if (texts.size() > 1) {
                texts.forEach(text -> compile(List.of(text)));
            }
            CudaText first = texts.getFirst();
            Path kept = cache.keepFailed(first.kernel().name(), key, ".cu", first.text());
            throw new CompilationException(first.kernel().name(), kept, first.text(), run);
        });
    }

    /** What stands before the names of a text, so that no two of a library are the same. */
    static String prefix(int number) {
        return "u" + number;
    }

    /** The file that a text is compiled from. */
    static String file(int number) {
        return prefix(number) + ".cu";
    }

    private ContentKey key(List<CudaText> texts) {
        List<String> parts = new ArrayList<>(List.of("emulator 1", resource(HEADER), resource(CORE)));
        parts.add(compiler.versionText());
        parts.add(String.join(" ", flags(Numerics.STRICT)));
        for (CudaText text : texts) {
            parts.add(text.kernel().numerics().text());
            parts.add(text.text());
        }
        return ContentKey.of(parts);
    }

    private ProgramRun build(List<CudaText> texts, Path work) throws IOException {
        Files.writeString(work.resolve(HEADER), resource(HEADER));
        Files.writeString(work.resolve(CORE), resource(CORE));
        List<String> core = new ArrayList<>(List.of(compiler.executable().toString()));
        core.addAll(LANGUAGE);
        core.addAll(List.of("-O2", "-c", "-o", "core.o", CORE));
        ProgramRun run = ProgramRun.of(core, work);
        List<String> objects = new ArrayList<>(List.of("core.o"));
        for (boolean strict : new boolean[] {true, false}) {
            String unit = unit(texts, strict, work);
            if (run.succeeded() && !unit.isEmpty()) {
                String name = strict ? "strict_" + UNIT : UNIT;
                Files.writeString(work.resolve(name), unit);
                List<String> command =
                        new ArrayList<>(List.of(compiler.executable().toString()));
                command.addAll(flags(strict ? Numerics.STRICT : Numerics.FP32));
                command.addAll(List.of("-c", "-o", name + ".o", name));
                run = ProgramRun.of(command, work);
                objects.add(name + ".o");
            }
        }
        if (!run.succeeded()) {
            return run;
        }
        List<String> link = new ArrayList<>(List.of(compiler.executable().toString()));
        link.addAll(List.of("-shared", "-nostdlib", "-Wl,-z,now", "-Wl,--build-id=none", "-o", LIBRARY));
        link.addAll(compiler.linkFlags());
        link.addAll(objects);
        return ProgramRun.of(link, work);
    }

    /** Includes the texts of one kind of arithmetic, each in a namespace and with symbols of its own. */
    private static String unit(List<CudaText> texts, boolean strict, Path work) throws IOException {
        StringBuilder unit = new StringBuilder();
        for (int i = 0; i < texts.size(); i++) {
            CudaText text = texts.get(i);
            if ((text.kernel().numerics() == Numerics.STRICT) != strict) {
                continue;
            }
            Files.writeString(work.resolve(file(i)), text.text());
            String prefix = prefix(i);
            unit.append("namespace ").append(prefix).append(" {\n");
            for (String symbol : text.symbols()) {
                unit.append("#define %s %s_%s\n".formatted(symbol, prefix, symbol));
            }
            unit.append("#include \"").append(file(i)).append("\"\n");
            for (String symbol : text.symbols()) {
                unit.append("#undef %s\nEMULATED_ENTRY(%s_%s)\n".formatted(symbol, prefix, symbol));
            }
            unit.append("}\n");
        }
        return unit.toString();
    }

    private List<String> flags(Numerics numerics) {
        List<String> flags = new ArrayList<>(LANGUAGE);
        flags.addAll(INSTRUMENTED);
        flags.add(numerics == Numerics.STRICT ? "-ffp-contract=off" : "-ffp-contract=fast");
        if (cpu.level().compareTo(VectorLevel.AVX2) >= 0) {
            flags.add("-march=" + VectorLevel.AVX2.architecture());
        }
        flags.addAll(
                switch (compiler.family()) {
                    case GCC ->
                        List.of("-O1", "-g1", "-fno-tree-vectorize", "-Werror=frame-larger-than=" + MOST_FRAME_BYTES);
                    // Compiles seven times as fast unoptimised, which texts of a test run once repay. No read is
                    // left out because a write of the same place follows.
                    case CLANG ->
                        List.of(
                                "-O0",
                                "-gline-tables-only",
                                "-Werror=frame-larger-than",
                                "-mllvm",
                                "-tsan-instrument-read-before-write=1");
                });
        return flags;
    }

    /** The file of the emulator's own code, for tests that compare it with the prelude. */
    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(EmulatorCompiler.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}

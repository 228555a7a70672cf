package dev.woodpecker.runtime;

import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.toolchain.BundledLlvm;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A program for aarch64 that runs a plan once and writes its first output: what a session does, as C. */
final class ForeignProgram {
    private static final String BEGIN = """
        typedef long int64_t;
        typedef int int32_t;
        extern long write(int file, const void *bytes, unsigned long count);
        extern void _exit(int status);
        #define FILE_AT(name, file) \\
            __asm__(".section .data\\n.balign 64\\n" #name ":\\n.incbin \\"" file "\\"\\n.balign 64\\n.previous"); \\
            extern char name[];
        static char scratch[1 << 24] __attribute__((aligned(64)));
        static void run(int32_t (*f)(void *const *, const int64_t *, void *, int64_t, int64_t), void **b, int64_t extent) {
            /* In two parts, as two workers would. */
            if (f(b, 0, scratch, 0, extent / 2) || f(b, 0, scratch, extent / 2, extent)) _exit(2);
        }
        """;

    private final CompiledPlan plan;
    private final Path folder;
    private final StringBuilder declarations = new StringBuilder(BEGIN);
    private final StringBuilder body = new StringBuilder("void _start(void) {\n");

    private ForeignProgram(CompiledPlan plan, Path folder) {
        this.plan = plan;
        this.folder = folder;
    }

    /**
     * @param folder has the files input0, input1, ...
     * @param root where the architecture's libraries are
     */
    static Path compile(CompiledPlan plan, Path folder, CacheDirectory cache, Path root)
            throws IOException, InterruptedException {
        ForeignProgram program = new ForeignProgram(plan, folder);
        Path source = folder.resolve("main.c");
        Files.writeString(source, program.text());
        Path result = folder.resolve("program");
        List<String> command = new ArrayList<>(List.of(
                BundledLlvm.find(cache).orElseThrow().executable().toString(),
                "--target=aarch64-linux-gnu",
                "-fuse-ld=lld",
                "-nostdlib",
                "-O1",
                "-Wl,--dynamic-linker=/lib/ld-linux-aarch64.so.1",
                "-o",
                result.toString(),
                source.toString()));
        Set<String> libraries = new LinkedHashSet<>();
        plan.kernels().forEach(kernel -> libraries.add(kernel.library().toString()));
        command.addAll(libraries);
        command.add(root.resolve("lib/libc.so.6").toString());
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IOException("clang failed");
        }
        return result;
    }

    private String text() throws IOException {
        for (int i = 0; i < plan.inputs().size(); i++) {
            include("input" + i);
        }
        for (int i = 0; i < plan.constants().size(); i++) {
            Files.write(folder.resolve("constant" + i), plan.constants().get(i).toArray(ValueLayout.JAVA_BYTE));
            include("constant" + i);
        }
        for (int i = 0; i < plan.outputs().size(); i++) {
            declarations.append(
                    "static char output%d[%d] __attribute__((aligned(64)));%n".formatted(i, outputBytes(i)));
        }
        declarations.append("static char arena[%d] __attribute__((aligned(64)));%n".formatted(plan.arenaBytes() + 64));
        plan.kernels().stream()
                .flatMap(kernel -> kernel.phases().stream())
                .map(CompiledKernel.Phase::symbol)
                .distinct()
                .forEach(symbol -> declarations.append(
                        "extern int32_t %s(void *const *, const int64_t *, void *, int64_t, int64_t);%n"
                                .formatted(symbol)));
        for (Invocation invocation : plan.invocations()) {
            body.append("    { void *b[] = {");
            invocation.buffers().forEach(buffer -> body.append(place(buffer)).append(", "));
            body.append("};\n");
            for (CompiledKernel.Phase phase :
                    plan.kernels().get(invocation.kernel()).phases()) {
                body.append("        run(%s, b, %d);%n".formatted(phase.symbol(), phase.extent()));
            }
            body.append("    }\n");
        }
        body.append("    _exit(write(1, output0, %d) == %d ? 0 : 1);%n}%n".formatted(outputBytes(0), outputBytes(0)));
        return declarations + body.toString();
    }

    private long outputBytes(int output) {
        var type = plan.outputs().get(output).type();
        long elements = 1;
        for (int extent : type.shape().extents()) {
            elements *= extent;
        }
        return elements * type.element().bytes();
    }

    private void include(String name) {
        declarations.append("FILE_AT(%s, \"%s\")%n".formatted(name, folder.resolve(name)));
    }

    private static String place(BufferSource source) {
        return switch (source) {
            case BufferSource.Input(int position) -> "input" + position;
            case BufferSource.Output(int position) -> "output" + position;
            case BufferSource.Constant(int position) -> "constant" + position;
            case BufferSource.Arena(long offset, long _) -> "arena + " + offset;
        };
    }
}

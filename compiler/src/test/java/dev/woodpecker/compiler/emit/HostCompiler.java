package dev.woodpecker.compiler.emit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Compiles C with the machine's gcc and calls it by the kernel ABI; tests that need it skip where there is no gcc. */
public final class HostCompiler {
    private static final FunctionDescriptor ABI =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);

    private final Path directory;

    public HostCompiler(Path directory) {
        this.directory = directory;
        Assumptions.assumeTrue(hasGcc(), "SKIPPED: no gcc on the PATH, generated C is not compiled");
    }

    private static boolean hasGcc() {
        try {
            return new ProcessBuilder("gcc", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A shared library of {@code source}; warnings are errors. */
    public Path compile(String source, String... flags) throws IOException, InterruptedException {
        Path c = Files.writeString(directory.resolve("kernel.c"), source);
        Path library = directory.resolve("kernel.so");
        List<String> command = new ArrayList<>(List.of(
                "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-fPIC", "-shared"));
        command.addAll(List.of("-fno-math-errno", "-fno-trapping-math"));
        command.addAll(List.of(flags));
        command.addAll(List.of(c.toString(), "-o", library.toString()));
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (gcc.waitFor() != 0) {
            throw new AssertionError("gcc: " + output);
        }
        return library;
    }

    /** Runs iterations {@code [0, extent)} of a function over float buffers, which are copied in and out. */
    public static int call(Path library, String symbol, long extent, long scratchBytes, float[]... buffers) {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle f = Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.libraryLookup(library, arena)
                                    .find(symbol)
                                    .orElseThrow(),
                            ABI);
            MemorySegment pointers = arena.allocate(ADDRESS, Math.max(1, buffers.length));
            List<MemorySegment> segments = new ArrayList<>();
            for (int i = 0; i < buffers.length; i++) {
                MemorySegment segment = arena.allocate(Math.max(4, buffers[i].length * 4L), 64);
                MemorySegment.copy(buffers[i], 0, segment, JAVA_FLOAT, 0, buffers[i].length);
                pointers.setAtIndex(ADDRESS, i, segment);
                segments.add(segment);
            }
            MemorySegment scratch = arena.allocate(Math.max(64, scratchBytes), 64);
            // Two ranges, as two workers would have them.
            long middle = extent / 2;
            int status = 0;
            if (middle > 0) {
                status = (int) f.invokeExact(pointers, MemorySegment.NULL, scratch, 0L, middle);
            }
            if (status == 0) {
                status = (int) f.invokeExact(pointers, MemorySegment.NULL, scratch, middle, extent);
            }
            for (int i = 0; i < buffers.length; i++) {
                MemorySegment.copy(segments.get(i), JAVA_FLOAT, 0, buffers[i], 0, buffers[i].length);
            }
            return status;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}

package dev.woodpecker.runtime.vendor.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.woodpecker.runtime.toolchain.TestCompilers;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A C library with NVIDIA's names, made here, which writes down the calls that it gets. */
record RecordingLibrary(SymbolLookup symbols) {
    static RecordingLibrary compile(Path directory) throws IOException, InterruptedException {
        Path source = directory.resolve("recording.c");
        try (InputStream in =
                Objects.requireNonNull(RecordingLibrary.class.getResourceAsStream("recording.c"), "recording.c")) {
            Files.write(source, in.readAllBytes());
        }
        var compiler = TestCompilers.selected();
        Path library = directory.resolve("librecording.so");
        List<String> command = new ArrayList<>(List.of(
                compiler.executable().toString(), "-shared", "-fPIC", "-O0", "-nostdlib", "-fno-stack-protector"));
        command.addAll(compiler.linkFlags());
        command.addAll(List.of("-o", library.toString(), source.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(said);
        }
        return new RecordingLibrary(SymbolLookup.libraryLookup(library, Arena.global()));
    }

    /** What was written down since the last time, as numbers: what was called, then its arguments. */
    List<Long> take() {
        MemorySegment count = symbols.findOrThrow("recorded_count").reinterpret(Long.BYTES);
        int number = Math.toIntExact(count.get(JAVA_LONG, 0));
        MemorySegment values = symbols.findOrThrow("recorded").reinterpret((long) number * Long.BYTES);
        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            taken.add(values.getAtIndex(JAVA_LONG, i));
        }
        count.set(JAVA_LONG, 0, 0);
        return taken;
    }
}

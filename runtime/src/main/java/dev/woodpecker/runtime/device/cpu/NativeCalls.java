package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Native methods for what is otherwise called by method handles ({@link NativeKernel}, {@link NativeMemory}). A call costs
 * the same; but Java makes such a handle at run time, out of some 400 classes, which is 110 ms of a program that starts to
 * answer one request. The methods' few instructions come with what is started so: a plan file.
 */
public final class NativeCalls {
    private static final String RESOURCE = "native_calls.c";

    private static volatile boolean loaded;

    private NativeCalls() {}

    static native int kernel(long kernel, long buffers, long params, long scratch, long begin, long end);

    static native long mmap(long bytes, int protection, int flags);

    static native int munmap(long address, long bytes);

    static native int madvise(long address, long bytes, int advice);

    /** The C of the methods, for whatever machine it is compiled. */
    public static Source source() {
        try (InputStream in = Objects.requireNonNull(NativeCalls.class.getResourceAsStream(RESOURCE), RESOURCE)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            // No symbol is listed: those get a suffix, and these Java looks for by their very names.
            return new Source("native_calls", text, List.of(), CodeOptions.fast());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + RESOURCE, e);
        }
    }

    /** Whether the methods are there; once they are, they stay. */
    static boolean areLoaded() {
        return loaded;
    }

    /**
     * Loads a compiled {@link #source()}, unless one is loaded. Without it, as where another class loader took the file
     * before, method handles do the same.
     */
    @SuppressWarnings("restricted")
    public static synchronized void load(Path library) {
        if (!loaded) {
            try {
                System.load(library.toString());
                loaded = true;
            } catch (UnsatisfiedLinkError e) {
                loaded = false;
            }
        }
    }
}

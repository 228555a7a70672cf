package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/** A shared library of kernels, loaded for as long as an arena lives. */
public final class NativeLibrary {
    private static final int RTLD_NOW = 2;
    private static final long LONGEST_REASON = 4096;

    private final Path file;
    private final SymbolLookup symbols;

    private NativeLibrary(Path file, SymbolLookup symbols) {
        this.file = file;
        this.symbols = symbols;
    }

    /**
     * Loads {@code file}. Its code may be called until {@code arena} is closed; closing waits for nobody, so that is
     * for the owner of all sessions to do.
     *
     * @throws NativeLibraryException when the dynamic loader refuses, with its reason
     */
    public static NativeLibrary open(Path file, Arena arena) {
        try {
            return new NativeLibrary(file, SymbolLookup.libraryLookup(file, arena));
        } catch (IllegalArgumentException e) {
            throw new NativeLibraryException("cannot load " + file + ": " + reason(file), e);
        }
    }

    /**
     * The kernel that the library exports as {@code symbol}.
     *
     * @throws NativeLibraryException when there is none
     */
    public KernelFunction kernel(String symbol) {
        Optional<MemorySegment> found = symbols.find(symbol);
        if (found.isEmpty()) {
            throw new NativeLibraryException(file + " exports no function '" + symbol + "'");
        }
        long address = found.get().address();
        return NativeCalls.areLoaded()
                ? (buffers, params, scratch, begin, end) ->
                        NativeCalls.kernel(address, buffers.address(), params.address(), scratch.address(), begin, end)
                : NativeKernel.at(found.get());
    }

    /** Java's lookup keeps the loader's reason to itself, so it is asked once more. */
    private static String reason(Path file) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup standard = linker.defaultLookup();
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle dlopen = linker.downcallHandle(
                    standard.findOrThrow("dlopen"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle dlerror =
                    linker.downcallHandle(standard.findOrThrow("dlerror"), FunctionDescriptor.of(ValueLayout.ADDRESS));
            MemorySegment handle = (MemorySegment) dlopen.invokeExact(arena.allocateFrom(file.toString()), RTLD_NOW);
            if (handle.address() != 0) {
                return "it loads now, but did not a moment ago";
            }
            MemorySegment text = (MemorySegment) dlerror.invokeExact();
            return text.address() == 0
                    ? "the dynamic loader gives no reason"
                    : text.reinterpret(LONGEST_REASON).getString(0);
        } catch (Throwable e) {
            return "the dynamic loader's reason cannot be had: " + e;
        }
    }
}

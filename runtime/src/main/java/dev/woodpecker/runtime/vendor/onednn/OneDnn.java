package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.ClassPathArtifact;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * oneDNN, loaded once a process and for as long as it lasts. It was built for OpenMP: every call here is made with one
 * OpenMP thread, so that it starts none and none spins.
 */
public final class OneDnn {
    /** What to add to a build that should have it. */
    public static final String COORDINATES = "org.bytedeco:dnnl:3.8.1-1.5.12:linux-x86_64";

    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String LIBRARY = "libdnnl.so.3";
    private static final List<String> FILES = List.of(FOLDER + LIBRARY, FOLDER + "libgomp.so.1");

    /** The C API's first number of a version that has other functions. */
    private static final int MAJOR = 3;

    private static final int CPU = 1;

    private final Api api;
    private final long engine;
    private final String version;

    private OneDnn(Api api, long engine, String version) {
        this.api = api;
        this.engine = engine;
        this.version = version;
    }

    /** Whether the artifact is on the class path. */
    public static boolean isPresent() {
        return ClassPathArtifact.find(FILES).isPresent();
    }

    /** The library if the artifact is on the class path, extracted now if need be.
     *
     * @throws ToolchainException when it is there but does not load on this machine
     */
    public static Optional<OneDnn> find(CacheDirectory cache) {
        return Loaded.find(cache);
    }

    /**
     * The library.
     *
     * @throws ToolchainException when it is not on the class path, or does not load on this machine
     */
    public static OneDnn load(CacheDirectory cache) {
        return find(cache).orElseThrow(() -> missing("it was asked for"));
    }

    /** Says what to add. */
    public static ToolchainException missing(String why) {
        return new ToolchainException("oneDNN is not on the class path, and " + why + ". Add " + COORDINATES
                + ", or do without vendor kernels.");
    }

    /** {@code 3.8.1}. */
    public String version() {
        return version;
    }

    Api api() {
        return api;
    }

    long engine() {
        return engine;
    }

    private static final class Loaded {
        private static Optional<OneDnn> library = Optional.empty();

        static synchronized Optional<OneDnn> find(CacheDirectory cache) {
            if (library.isEmpty()) {
                library = ClassPathArtifact.find(FILES).map(artifact -> open(artifact, cache));
            }
            return library;
        }
    }

    private static OneDnn open(ClassPathArtifact artifact, CacheDirectory cache) {
        Path directory = artifact.extract(cache, CacheDirectory.Section.NATIVE, OneDnn::addOpenCl)
                .directory();
        try {
            Api api = new Api(SymbolLookup.libraryLookup(directory.resolve(LIBRARY), Arena.global()));
            String version = version(api);
            if (!version.startsWith(MAJOR + ".")) {
                throw new ToolchainException(
                        "The oneDNN of " + artifact.origin() + " is " + version + "; needed is " + COORDINATES + ".");
            }
            try (Arena call = Arena.ofConfined()) {
                MemorySegment engine = call.allocate(ValueLayout.JAVA_LONG);
                Status.check(invoke(api.createEngine, engine.address(), CPU, 0L), "create an engine");
                return new OneDnn(api, engine.get(ValueLayout.JAVA_LONG, 0), version);
            }
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw new ToolchainException(
                    "The oneDNN of " + artifact.origin() + " does not load from " + directory + ": " + e.getMessage()
                            + ". It needs glibc 2.34 or later and libstdc++.so.6 of gcc 11 or later; made for it is "
                            + COORDINATES + ".",
                    e);
        }
    }

    /** oneDNN's kernels for GPUs are linked to OpenCL, which many machines lack and none needs here. */
    private static void addOpenCl(Path directory) throws IOException {
        Files.write(directory.resolve(OpenCl.LIBRARY.soname()), OpenCl.LIBRARY.bytes());
    }

    private static String version(Api api) {
        MemorySegment numbers = MemorySegment.ofAddress(pointer(api.version)).reinterpret(3L * Integer.BYTES);
        return numbers.get(ValueLayout.JAVA_INT, 0) + "." + numbers.get(ValueLayout.JAVA_INT, Integer.BYTES) + "."
                + numbers.get(ValueLayout.JAVA_INT, 2L * Integer.BYTES);
    }

    /** Calls what gives a status, where time does not matter. */
    static int invoke(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Calls what gives a pointer or a size, where time does not matter. */
    static long pointer(MethodHandle function, Object... arguments) {
        try {
            return (long) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    static IllegalStateException impossible(Throwable e) {
        return new IllegalStateException("a native call cannot throw", e);
    }
}

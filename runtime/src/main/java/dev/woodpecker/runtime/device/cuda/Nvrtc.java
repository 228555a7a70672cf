package dev.woodpecker.runtime.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** The functions of NVRTC ("NVRTC Documentation", sections 3.1 to 3.4) that make a cubin. */
final class Nvrtc {
    /** Of {@code nvrtcResult}. */
    static final int SUCCESS = 0;

    private final MethodHandle version;
    private final MethodHandle create;
    private final MethodHandle compile;
    private final MethodHandle cubinSize;
    private final MethodHandle cubin;
    private final MethodHandle logSize;
    private final MethodHandle log;
    private final MethodHandle destroy;

    Nvrtc(SymbolLookup library) {
        version = function(library, "nvrtcVersion", ADDRESS, ADDRESS);
        create = function(library, "nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
        compile = function(library, "nvrtcCompileProgram", ADDRESS, JAVA_INT, ADDRESS);
        cubinSize = function(library, "nvrtcGetCUBINSize", ADDRESS, ADDRESS);
        cubin = function(library, "nvrtcGetCUBIN", ADDRESS, ADDRESS);
        logSize = function(library, "nvrtcGetProgramLogSize", ADDRESS, ADDRESS);
        log = function(library, "nvrtcGetProgramLog", ADDRESS, ADDRESS);
        destroy = function(library, "nvrtcDestroyProgram", ADDRESS);
    }

    private static MethodHandle function(SymbolLookup library, String name, MemoryLayout... parameters) {
        MemorySegment address = library.find(name)
                .orElseThrow(() -> new ToolchainException("this NVRTC has no function " + name + "; install CUDA 12 or"
                        + " 13, or the Python package nvidia-cuda-nvrtc"));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(JAVA_INT, parameters));
    }

    /** As {@code 12.6}. */
    String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(JAVA_INT);
            MemorySegment minor = arena.allocate(JAVA_INT);
            require("nvrtcVersion", call(version, major, minor));
            return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
        }
    }

    /** @param file the name that messages have for the text */
    MemorySegment createProgram(Arena arena, String text, String file) {
        MemorySegment program = arena.allocate(ADDRESS);
        int status = call(
                create,
                program,
                arena.allocateFrom(text),
                arena.allocateFrom(file),
                0,
                MemorySegment.NULL,
                MemorySegment.NULL);
        require("nvrtcCreateProgram", status);
        return program.get(ADDRESS, 0);
    }

    /** The status, which is not {@link #SUCCESS} where the text is refused. */
    int compile(Arena arena, MemorySegment program, List<String> options) {
        MemorySegment array = arena.allocate(ADDRESS, options.size());
        for (int i = 0; i < options.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(options.get(i)));
        }
        return call(compile, program, options.size(), array);
    }

    byte[] cubin(Arena arena, MemorySegment program) {
        return filled("nvrtcGetCUBIN", arena, program, cubinSize, cubin).toArray(JAVA_BYTE);
    }

    String log(Arena arena, MemorySegment program) {
        MemorySegment text = filled("nvrtcGetProgramLog", arena, program, logSize, log);
        return text.byteSize() == 0 ? "" : text.getString(0);
    }

    private static MemorySegment filled(
            String name, Arena arena, MemorySegment program, MethodHandle sizeOf, MethodHandle get) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        require(name + "Size", call(sizeOf, program, size));
        MemorySegment bytes = arena.allocate(size.get(JAVA_LONG, 0), 1);
        require(name, call(get, program, bytes));
        return bytes;
    }

    void destroy(Arena arena, MemorySegment program) {
        MemorySegment place = arena.allocate(ADDRESS);
        place.set(ADDRESS, 0, program);
        require("nvrtcDestroyProgram", call(destroy, place));
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("a native call cannot throw", e);
        }
    }

    private static void require(String name, int status) {
        if (status != SUCCESS) {
            throw new ToolchainException(
                    name + " of NVRTC gives nvrtcResult " + status + "; set WPK_NVCC to an nvcc to use that instead");
        }
    }
}

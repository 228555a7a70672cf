package dev.woodpecker.runtime.vendor.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The functions of a library that return a status: enumerations go as 32-bit integers, all else (pointers, sizes, handles)
 * as 64-bit ones, which is how the x86-64 and the AArch64 ABI pass them.
 *
 * @param statusName what the library calls a status
 */
record Functions(SymbolLookup library, IntFunction<String> statusName, Map<String, MethodHandle> handles) {
    private static final int SUCCESS = 0;

    Functions(SymbolLookup library, IntFunction<String> statusName) {
        this(library, statusName, new HashMap<>());
    }

    /**
     * Calls {@code name}, and checks its status.
     *
     * @param arguments Integer, Long, or MemorySegment of this process's memory
     * @throws VendorCallException if the status is not success
     */
    void call(String name, Object... arguments) {
        int status = status(name, arguments);
        if (status != SUCCESS) {
            throw new VendorCallException(name, status, statusName.apply(status));
        }
    }

    /** Calls {@code name} and gives its status. */
    int status(String name, Object... arguments) {
        return Math.toIntExact(invoke(name, JAVA_INT, arguments));
    }

    /** Calls {@code name}, which gives a size. */
    long size(String name, Object... arguments) {
        return invoke(name, JAVA_LONG, arguments);
    }

    private long invoke(String name, MemoryLayout result, Object... arguments) {
        MemoryLayout[] parameters = new MemoryLayout[arguments.length];
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            parameters[i] = arguments[i] instanceof Integer ? JAVA_INT : JAVA_LONG;
            values[i] = arguments[i] instanceof MemorySegment memory ? (Object) memory.address() : arguments[i];
        }
        MethodHandle handle;
        synchronized (handles) {
            handle = handles.computeIfAbsent(
                    name,
                    _ -> Linker.nativeLinker()
                            .downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(result, parameters)));
        }
        try {
            return ((Number) handle.invokeWithArguments(values)).longValue();
        } catch (Throwable e) {
            throw new IllegalStateException("a native call cannot throw", e);
        }
    }
}

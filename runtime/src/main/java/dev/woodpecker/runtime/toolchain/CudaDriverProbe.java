package dev.woodpecker.runtime.toolchain;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Asks the CUDA driver, if there is one, for its version and devices; needs no CUDA library but the driver's own. */
public final class CudaDriverProbe {
    private static final String LIBRARY = "libcuda.so.1";
    /** {@code CUdevice_attribute} values of cuda.h. */
    private static final int COMPUTE_CAPABILITY_MAJOR = 75;

    private static final int COMPUTE_CAPABILITY_MINOR = 76;
    private static final int MULTIPROCESSOR_COUNT = 16;
    private static final int NAME_BYTES = 256;

    /** What the driver says. */
    public sealed interface Answer {
        /** There is no driver library. */
        record NoDriver() implements Answer {}

        /** The library is there but refuses; {@code cudaError} is its {@code CUresult}. */
        record Failed(String call, int cudaError) implements Answer {}

        /** {@code version} as {@code 12.6}; the list may be empty. */
        record Devices(String version, List<Device> devices) implements Answer {}
    }

    /** A device, {@code capability} as {@code 9.0}. */
    public record Device(String name, String capability, int multiprocessors, long memoryBytes) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%s (compute capability %s, %d multiprocessors, %.1f GB)",
                    name,
                    capability,
                    multiprocessors,
                    memoryBytes / (double) (1L << 30));
        }
    }

    private CudaDriverProbe() {}

    public static Answer ask() {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup driver;
            try {
                driver = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
            } catch (IllegalArgumentException e) {
                return new Answer.NoDriver();
            }
            return ask(driver, arena);
        }
    }

    private static Answer ask(SymbolLookup driver, Arena arena) {
        MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
        int failed = call(driver, "cuInit", 0);
        if (failed != 0) {
            return new Answer.Failed("cuInit", failed);
        }
        failed = call(driver, "cuDriverGetVersion", number);
        if (failed != 0) {
            return new Answer.Failed("cuDriverGetVersion", failed);
        }
        int version = number.get(ValueLayout.JAVA_INT, 0);
        failed = call(driver, "cuDeviceGetCount", number);
        if (failed != 0) {
            return new Answer.Failed("cuDeviceGetCount", failed);
        }
        int count = number.get(ValueLayout.JAVA_INT, 0);
        List<Device> devices = new ArrayList<>();
        MemorySegment name = arena.allocate(NAME_BYTES);
        for (int device = 0; device < count; device++) {
            failed = call(driver, "cuDeviceGetName", name, NAME_BYTES, device);
            if (failed != 0) {
                return new Answer.Failed("cuDeviceGetName", failed);
            }
            int major = attribute(driver, number, COMPUTE_CAPABILITY_MAJOR, device);
            int minor = attribute(driver, number, COMPUTE_CAPABILITY_MINOR, device);
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            call(driver, "cuDeviceTotalMem_v2", bytes, device);
            devices.add(new Device(
                    name.getString(0),
                    major + "." + minor,
                    attribute(driver, number, MULTIPROCESSOR_COUNT, device),
                    bytes.get(ValueLayout.JAVA_LONG, 0)));
        }
        return new Answer.Devices(version / 1000 + "." + version % 1000 / 10, List.copyOf(devices));
    }

    private static int attribute(SymbolLookup driver, MemorySegment number, int attribute, int device) {
        call(driver, "cuDeviceGetAttribute", number, attribute, device);
        return number.get(ValueLayout.JAVA_INT, 0);
    }

    /** Calls a driver function whose arguments are ints and pointers and whose result is a {@code CUresult}. */
    private static int call(SymbolLookup driver, String function, Object... arguments) {
        ValueLayout[] layouts = new ValueLayout[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] = arguments[i] instanceof MemorySegment ? ValueLayout.ADDRESS : ValueLayout.JAVA_INT;
        }
        MethodHandle handle = Linker.nativeLinker()
                .downcallHandle(driver.findOrThrow(function), FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts));
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("the call of " + function + " failed", e);
        }
    }
}

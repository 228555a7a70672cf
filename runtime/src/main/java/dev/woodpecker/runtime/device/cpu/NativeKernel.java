package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * One compiled function of the kernel ABI:
 * {@code int32_t f(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end)}.
 */
public final class NativeKernel implements KernelFunction {
    /** Pointers go as numbers: a segment's scope would be locked and unlocked, by every thread, in every call. */
    private static final FunctionDescriptor ABI = FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);

    private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(ABI);

    private final MemorySegment address;

    private NativeKernel(MemorySegment address) {
        this.address = address;
    }

    static NativeKernel at(MemorySegment address) {
        // For the same reason without the library's scope: whoever has the kernel holds the library too.
        return new NativeKernel(MemorySegment.ofAddress(address.address()));
    }

    @Override
    public int run(MemorySegment buffers, MemorySegment params, MemorySegment scratch, long begin, long end) {
        try {
            return (int) CALL.invokeExact(address, buffers.address(), params.address(), scratch.address(), begin, end);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a native call cannot throw a checked exception", e);
        }
    }
}

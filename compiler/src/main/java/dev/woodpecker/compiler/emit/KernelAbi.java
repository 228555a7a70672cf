package dev.woodpecker.compiler.emit;

/**
 * How a kernel is called; frozen, since plans hold compiled kernels.
 *
 * <p>On a CPU each phase is a function
 *
 * <pre>int32_t f(void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end)</pre>
 *
 * <ul>
 *   <li>{@code buffers}: inputs, outputs, workspaces, in the order of the kernel's arguments, each aligned to {@link
 *       #BUFFER_ALIGNMENT} bytes. Nothing beyond the elements of a buffer, its layout's padding included, is read or
 *       written.
 *   <li>{@code params}: the values of the kernel's parameters.
 *   <li>{@code scratch}: memory of the calling worker, of the phase's scratch bytes, aligned likewise.
 *   <li>{@code begin} and {@code end}: which of the phase's iterations to run; any split of {@code [0, extent)} over
 *       workers gives the same result. All of a phase ends before the next one starts.
 *   <li>The result is 0, or the number of the run-time check that failed, counted from 1.
 * </ul>
 *
 * <p>On a GPU each phase is a kernel whose parameters are the buffers as pointers, then the parameters as 64-bit
 * integers, then a pointer to one 32-bit integer, zero before the launch, where a failed check leaves its number, then a
 * tensor map of 128 bytes for each {@link dev.woodpecker.compiler.lower.TensorMap} of the phase, which the driver makes of the
 * buffer's address. It is
 * launched with the grid, block and dynamic shared memory of its {@link
 * dev.woodpecker.compiler.lower.LoweredKernel.Launch}; where the last is not 0, its attribute for the most dynamic shared
 * memory must be set to as much before.
 */
public final class KernelAbi {
    /** Part of every key under which a compiled kernel is kept. */
    public static final int VERSION = 1;

    /** Bytes that buffers and scratch memory are aligned to. */
    public static final int BUFFER_ALIGNMENT = 64;

    /** The parameter list of a CPU function. */
    static final String CPU_PARAMETERS =
            "void *const *buffers, const int64_t *params, void *scratch, int64_t begin, int64_t end";

    private KernelAbi() {}
}

package dev.woodpecker.compiler.ir;

/** Where a buffer lives and who sees it. */
public enum Scope {
    /** An argument of the kernel: an input or an output. */
    GLOBAL,
    /** Memory of the kernel between its phases, seen by all workers; provided by the caller as a buffer. */
    WORKSPACE,
    /** Memory of one worker (CPU scratch) or of one block (CUDA shared memory). */
    SHARED,
    /** Values of one thread: unrolled into variables. */
    REGISTER,
    /**
     * Registers of a warp that hold tiles together, spread by a {@link Distribution}: a lane's own values, in order, are
     * what an index counts.
     */
    FRAGMENT
}

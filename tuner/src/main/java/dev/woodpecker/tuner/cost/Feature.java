package dev.woodpecker.tuner.cost;

/**
 * What is known of a kernel from its loops alone. Amounts are of one run; what is said of the busiest statement is about
 * that which takes most of the {@link #COMPUTE_CYCLES}, and per iteration of the innermost loop around it that is neither
 * unrolled nor a vector.
 */
public enum Feature {
    /** Floating-point operations, tails and padding included; a multiply-add is two. */
    FLOPS,
    /** Share of {@link #FLOPS} in vector instructions. */
    VECTOR_SHARE,
    /** Cycles if all data were in the first cache and registers did not run out. */
    COMPUTE_CYCLES,
    /** Cycles for values that do not fit the registers. */
    SPILL_CYCLES,
    /** Cycles for loops themselves: counting, jumping, waiting at their ends. */
    LOOP_CYCLES,
    /** Bytes that come into the first cache. */
    FIRST_CACHE_BYTES,
    /** Bytes that come into the second cache. */
    SECOND_CACHE_BYTES,
    /** Bytes that come from memory, if the last cache were empty before. */
    MEMORY_BYTES,
    /** Loads and stores, of vectors or scalars, that the code executes. */
    ACCESSES,
    /** Elements that vectors gather or scatter one by one. */
    GATHERED,
    /** Integer divisions and remainders in indices. */
    INDEX_DIVISIONS,
    /** Calls of functions such as {@code exp}, vectors counted once. */
    CALLS,
    DIVISIONS,
    /** Arithmetic instructions of the busiest statement. */
    BUSY_ARITHMETIC,
    /** Loads of the busiest statement for each of its arithmetic instructions. */
    BUSY_LOADS,
    /** Vector registers that the busiest statement sums up in. */
    BUSY_ACCUMULATORS,
    /** Its accumulators and what it loads as a share of the registers there are. */
    BUSY_REGISTERS,
    /** Extent of the innermost loop around it. */
    BUSY_EXTENT,
    /** Bytes that the two innermost loops around it touch, as a share of the first cache. */
    BUSY_FIRST_CACHE,
    /** Bytes that the four innermost loops around it touch, as a share of the second cache. */
    BUSY_SECOND_CACHE,
    /** Statements after unrolling. */
    CODE_SIZE,
    /** Iterations of parallel loops, in the phase where there are fewest. */
    PARALLEL_EXTENT,
    PHASES,
    /** Bytes of buffers that the kernel has for itself. */
    WORKSPACE_BYTES
}

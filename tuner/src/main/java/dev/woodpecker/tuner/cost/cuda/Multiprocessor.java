package dev.woodpecker.tuner.cost.cuda;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.KernelResources;
import java.util.Map;

/**
 * A GPU as the vendor's tables have it: limits of a multiprocessor from the CUDA C++ Programming Guide ("Technical
 * Specifications per Compute Capability"), rates from the data sheets of T4, A100 and H100.
 *
 * @param threads that are resident at most
 * @param blocks that are resident at most
 * @param sharedBytes for all its blocks together
 * @param lanes single-precision multiply-adds a cycle
 * @param tensorLanes multiply-adds of halves a cycle on its tensor cores; half of that of tf32
 * @param warpShare of these that instructions of a warp reach
 * @param groupShare of these that instructions of a group of four warps reach, on Hopper, where one warp does not (Luo et al.
 *     2024, "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture")
 * @param memoryBytesPerSecond of the device
 * @param cacheBytesPerSecond of the device, from its second-level cache
 */
public record Multiprocessor(
        int threads,
        int blocks,
        long sharedBytes,
        int lanes,
        int tensorLanes,
        double warpShare,
        double groupShare,
        double cyclesPerSecond,
        double memoryBytesPerSecond,
        double cacheBytesPerSecond) {
    private static final Map<String, Multiprocessor> KNOWN = Map.of(
            "sm_75", new Multiprocessor(1024, 16, 64 << 10, 64, 512, 1, 1, 1.35e9, 0.32e12, 1.3e12),
            "sm_80", new Multiprocessor(2048, 32, 164 << 10, 64, 1024, 1, 1, 1.41e9, 1.94e12, 4.5e12),
            "sm_90a", new Multiprocessor(2048, 32, 228 << 10, 128, 2048, 0.63, 0.87, 1.75e9, 3.35e12, 7e12));

    static final int WARP = 32;
    private static final int REGISTERS = 64 << 10;

    /** Registers are given out to warps in pieces of this many. */
    private static final int REGISTER_PIECE = 256;

    /** The driver keeps so much shared memory of each block to itself, from sm_80 on. */
    private static final long RESERVED_SHARED_BYTES = 1 << 10;

    /** That of a CUDA target. */
    public static Multiprocessor of(Target target) {
        Multiprocessor known = KNOWN.get(target.architecture());
        if (known == null) {
            throw new IllegalArgumentException("nothing is known of " + target.name() + "; known: " + KNOWN.keySet());
        }
        return known;
    }

    /** How many blocks of a kernel are resident at a time; 0 where not even one fits. */
    public int residentBlocks(int threadsOfBlock, KernelResources resources) {
        int warps = Math.ceilDiv(threadsOfBlock, WARP);
        int registersOfWarp = Math.ceilDiv(Math.max(1, resources.registers()) * WARP, REGISTER_PIECE) * REGISTER_PIECE;
        long byRegisters = (long) REGISTERS / registersOfWarp / warps;
        long byThreads = threads / ((long) warps * WARP);
        long byShared = sharedBytes / (resources.sharedBytes() + RESERVED_SHARED_BYTES);
        return (int) Math.min(Math.min(byRegisters, byThreads), Math.min(byShared, blocks));
    }

    /** The share of its threads that are resident. */
    public double occupancy(int threadsOfBlock, KernelResources resources) {
        int warps = Math.ceilDiv(threadsOfBlock, WARP);
        return (double) residentBlocks(threadsOfBlock, resources) * warps * WARP / threads;
    }
}

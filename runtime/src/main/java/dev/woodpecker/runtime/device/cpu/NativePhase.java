package dev.woodpecker.runtime.device.cpu;

/**
 * One phase of a kernel: {@code function} over the range {@code 0 <= i < extent}, shared out to the pool.
 *
 * @param scratchBytes native memory that each worker gets for itself, 64-byte aligned, its content unspecified
 */
public record NativePhase(KernelFunction function, long extent, long scratchBytes) {
    public NativePhase {
        if (extent < 0 || scratchBytes < 0) {
            throw new IllegalArgumentException("extent " + extent + ", scratch bytes " + scratchBytes);
        }
    }
}

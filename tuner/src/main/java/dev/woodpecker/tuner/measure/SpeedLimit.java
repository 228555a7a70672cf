package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.timing.MachinePeak;
import dev.woodpecker.runtime.toolchain.KernelCompiler;

/**
 * What nobody can be faster than on this machine. Its peaks are measured when first needed, and again before a time is
 * called impossible: the machine may have been slow when they were taken.
 */
final class SpeedLimit {
    /** Of the bound: times are taken with some error, and so are the peaks. */
    private static final double SHARE = 0.9;

    /** More memory than the last-level cache has, but no more than this is read to get out of it. */
    private static final long MOST_BYTES = 64L << 20;

    private static final double GIGA = 1e9;

    private final KernelCompiler compiler;
    private final MachinePeak peak;
    private final int threads;
    private double flopsPerSecond;
    private double bytesPerSecond;

    SpeedLimit(KernelCompiler compiler, int threads) {
        this.compiler = compiler;
        this.peak = new MachinePeak(compiler);
        this.threads = threads;
    }

    /** How much other memory has to be read until what was read before is in no cache. */
    long evictingBytes() {
        long lastLevel = compiler.cpu().caches().lastLevelBytes();
        return Math.min(MOST_BYTES, lastLevel == 0 ? MOST_BYTES : lastLevel + lastLevel / 4);
    }

    /** Whether weights are certain to come from memory. */
    private boolean evicts() {
        return compiler.cpu().caches().lastLevelBytes() <= evictingBytes();
    }

    boolean forbids(double flops, double coldBytes, double seconds) {
        boolean needsMemory = evicts() && coldBytes > 0;
        if (flopsPerSecond == 0 || needsMemory && bytesPerSecond == 0) {
            measure(needsMemory);
        }
        if (seconds >= SHARE * seconds(flops, coldBytes)) {
            return false;
        }
        measure(needsMemory);
        return seconds < SHARE * seconds(flops, coldBytes);
    }

    /** The least time for this work. */
    double seconds(double flops, double coldBytes) {
        double computing = flopsPerSecond > 0 ? flops / flopsPerSecond : 0;
        double reading = evicts() && bytesPerSecond > 0 ? coldBytes / bytesPerSecond : 0;
        return Math.max(computing, reading);
    }

    private void measure(boolean needsMemory) {
        flopsPerSecond = Math.max(flopsPerSecond, GIGA * peak.gigaflopsPerSecond(threads));
        if (needsMemory) {
            bytesPerSecond = Math.max(bytesPerSecond, GIGA * peak.gigabytesPerSecond(threads));
        }
    }
}

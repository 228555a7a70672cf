package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.toolchain.CpuCaches;
import dev.woodpecker.runtime.toolchain.CpuFeatures;

/** What kernels are generated for on a processor: the target of its vector level, with its own caches and cores. */
public final class CpuTarget {
    private CpuTarget() {}

    public static Target of(CpuFeatures cpu) {
        Target known = Target.parse(name(cpu));
        CpuCaches caches = cpu.caches();
        return known.with(
                caches.l1Bytes() > 0 ? caches.l1Bytes() : known.fastBytes(),
                caches.l2Bytes() > 0 ? caches.l2Bytes() : known.nearBytes(),
                cpu.cores());
    }

    /** What the target for a processor is called, as {@code cpu:x86-64-v3}. */
    public static String name(CpuFeatures cpu) {
        if (cpu.isAarch64()) {
            return "cpu:aarch64";
        }
        return switch (cpu.level()) {
            case AVX512 -> "cpu:x86-64-v4";
            case AVX2 -> "cpu:x86-64-v3";
            case SSE4, BASELINE -> "cpu:x86-64-v2";
        };
    }
}

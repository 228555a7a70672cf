package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.toolchain.CpuFeatures;

/** What a time is measured on, as records name it: the target, whose name says how wide vectors are, and the processor. */
public final class MachineName {
    private MachineName() {}

    /** {@code cpu:x86-64-v4, AMD EPYC 9R14} on this machine; the target's name alone for another. */
    public static String of(Target target, CpuFeatures cpu) {
        boolean here =
                !target.isCuda() && target.name().equals(CpuTarget.of(cpu).name());
        return here ? target.name() + ", " + cpu.model() : target.name();
    }
}

package dev.woodpecker.runtime.records;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.toolchain.CpuFeatures;

/** What a time is measured on, as records name it: the target, whose name says how wide vectors are, and the device. */
public final class MachineName {
    /** The threads that records of a GPU's kernels name: those of the process have no part in them. */
    public static final int GPU_THREADS = 1;

    private MachineName() {}

    /** {@code cpu:x86-64-v4, AMD EPYC 9R14} on this machine; the target's name alone for another. */
    public static String of(Target target, CpuFeatures cpu) {
        boolean here =
                !target.isCuda() && target.name().equals(CpuTarget.of(cpu).name());
        return here ? target.name() + ", " + cpu.model() : target.name();
    }

    /** {@code cuda:sm_90a, NVIDIA H200} on that device. */
    public static String of(Target target, DeviceFacts device) {
        return target.name() + ", " + device.name();
    }
}

package dev.woodpecker.cli.bench;

import dev.woodpecker.runtime.timing.ForkAndJoin;
import dev.woodpecker.runtime.timing.MachinePeak;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.util.ArrayList;
import java.util.List;

/**
 * What the table was made on.
 *
 * @param peaks for each number of threads, what the processor can do at most
 * @param idleBytes the most that a JVM takes that runs no model
 */
public record Machine(String processor, int cores, List<Peak> peaks, long idleBytes, String java) {
    /**
     * 10^9 single-precision operations, and 10^9 bytes read, a second.
     *
     * @param forkAndJoin what it costs to share work out to them
     */
    public record Peak(int threads, double gigaflopsPerSecond, double gigabytesPerSecond, ForkAndJoin forkAndJoin) {}

    /** Measures it. */
    public static Machine measure(List<Integer> threads, KernelCompiler compiler, long idleBytes) {
        MachinePeak peak = new MachinePeak(compiler);
        List<Peak> peaks = new ArrayList<>();
        for (int count : threads) {
            peaks.add(new Peak(
                    count, peak.gigaflopsPerSecond(count), peak.gigabytesPerSecond(count), ForkAndJoin.of(count)));
        }
        CpuFeatures cpu = compiler.cpu();
        return new Machine(cpu.model(), cpu.cores(), peaks, idleBytes, System.getProperty("java.vm.version", "?"));
    }
}

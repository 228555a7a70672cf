package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.ConfigurationException;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import java.util.Optional;

/** The one pool of a process, made when it is first asked for. */
final class SharedPool {
    private static volatile Optional<WorkerPool> pool = Optional.empty();

    private SharedPool() {}

    static WorkerPool get() {
        return pool.orElseGet(SharedPool::make);
    }

    static boolean is(WorkerPool other) {
        return pool.filter(shared -> shared == other).isPresent();
    }

    /** Not by a class's initialiser: what that throws is an error of the virtual machine, and only the first time. */
    private static synchronized WorkerPool make() {
        WorkerPool made =
                pool.orElseGet(() -> new WorkerPool(defaultSize(Environment.ofProcess(), CpuFeatures.ofHost())));
        pool = Optional.of(made);
        return made;
    }

    /** {@code WPK_THREADS}, else as many as the process may use cores. */
    static int defaultSize(Environment environment, CpuFeatures cpu) {
        return environment
                .get("WPK_THREADS")
                .map(text -> {
                    if (!text.strip().matches("[1-9][0-9]{0,3}")) {
                        throw new ConfigurationException(
                                "WPK_THREADS=" + text + " is not a number of threads from 1 to 9999");
                    }
                    return Integer.parseInt(text.strip());
                })
                .orElse(cpu.cores());
    }
}

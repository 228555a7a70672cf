package dev.woodpecker.runtime.timing;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for threads that spin after their work, as those of some libraries do for tens of milliseconds. */
final class ProcessIdle {
    private static final long WINDOW_NANOSECONDS = 5_000_000;
    private static final double IDLE_SHARE = 0.1;
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ProcessIdle() {}

    /**
     * Returns when this process used less than a tenth of one core for 5 ms, or after {@code limit}.
     *
     * @return whether it became idle
     */
    static boolean await(Duration limit) {
        long until = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < until) {
            long start = System.nanoTime();
            long used = SYSTEM.getProcessCpuTime();
            LockSupport.parkNanos(WINDOW_NANOSECONDS);
            double share = (double) (SYSTEM.getProcessCpuTime() - used) / (System.nanoTime() - start);
            if (share < IDLE_SHARE) {
                return true;
            }
        }
        return false;
    }
}

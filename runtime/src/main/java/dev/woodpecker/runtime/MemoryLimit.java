package dev.woodpecker.runtime;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Keeps absurd sizes from reaching the allocator: a malloc of a terabyte succeeds on Linux, and filling it gets the process
 * killed. The limit is the memory of the machine, or of the container that the JVM runs in.
 */
final class MemoryLimit {

    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    /** So much every machine has: Java's management, which takes 50 ms to start, is not asked about it. */
    private static final long SURELY_THERE = 256L << 20;

    /** Asked for at the first size that it may matter for. */
    private static final class Machine {
        private static final long BYTES =
                ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                        ? system.getTotalMemorySize()
                        : Long.MAX_VALUE;
    }

    private MemoryLimit() {}

    /**
     * @throws MemoryLimitException if {@code bytes} is more than the machine has
     */
    static void check(String what, long bytes) {
        if (bytes > SURELY_THERE && bytes > Machine.BYTES) {
            throw new MemoryLimitException(
                    what + " takes " + text(bytes) + "; this machine has " + text(Machine.BYTES) + " of memory");
        }
    }

    static String text(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 1024 && unit < UNITS.length - 1) {
            size /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
    }
}

package dev.woodpecker.runtime.device.cuda.driver;

import java.util.Locale;

/**
 * A device as the driver describes it.
 *
 * @param ordinal its number among the devices that the process sees, from 0
 * @param capabilityMajor of the compute capability {@code 9.0}
 * @param driverVersion as CUDA numbers them: 12060 is 12.6
 * @param memoryBytes in all
 * @param multiprocessors how many there are
 * @param clockKilohertz of the multiprocessors, at most
 * @param memoryClockKilohertz of the memory, at most
 * @param memoryBusBits how wide the memory is
 * @param l2Bytes of the level-2 cache
 * @param sharedBytesPerBlock that a block may have without being allowed more
 * @param mostSharedBytesPerBlock that a function may be allowed
 * @param sharedBytesPerMultiprocessor shared out among its blocks
 * @param registersPerMultiprocessor shared out among its threads
 * @param threadsPerMultiprocessor at most
 */
public record DeviceFacts(
        int ordinal,
        String name,
        int capabilityMajor,
        int capabilityMinor,
        int driverVersion,
        long memoryBytes,
        int multiprocessors,
        int clockKilohertz,
        int memoryClockKilohertz,
        int memoryBusBits,
        long l2Bytes,
        int sharedBytesPerBlock,
        int mostSharedBytesPerBlock,
        int sharedBytesPerMultiprocessor,
        int registersPerMultiprocessor,
        int threadsPerMultiprocessor) {
    /** As {@code 90}. */
    public int capability() {
        return 10 * capabilityMajor + capabilityMinor;
    }

    /** As {@code 12.6}. */
    public String driverVersionText() {
        return versionText(driverVersion);
    }

    /** CUDA's number of a version, 12060, as people write it. */
    public static String versionText(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    /** One line for people. */
    public String summary() {
        return String.format(
                Locale.ROOT,
                "%s, compute capability %d.%d, %d multiprocessors at %.2f GHz, %.1f GB, level-2 cache %d MB, driver"
                        + " for CUDA %s",
                name,
                capabilityMajor,
                capabilityMinor,
                multiprocessors,
                clockKilohertz / 1e6,
                memoryBytes / (double) (1L << 30),
                l2Bytes >> 20,
                driverVersionText());
    }
}

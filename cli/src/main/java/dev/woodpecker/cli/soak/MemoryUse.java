package dev.woodpecker.cli.soak;

import dev.woodpecker.runtime.device.cpu.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of this process.
 *
 * @param residentBytes by {@code /proc/self/status}, Java's heap and code included; 0 where there is no such file
 * @param nativeBytes that models and sessions hold
 */
public record MemoryUse(long residentBytes, long nativeBytes) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    /** What is in use: arrays that nobody has any more are collected first, and with them their memory outside the heap. */
    static MemoryUse now() {
        System.gc();
        return new MemoryUse(residentNow(), NativeMemory.bytesInUse());
    }

    private static long residentNow() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(RESIDENT))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }
}

package dev.woodpecker.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What Linux says of a process's memory, files that it mapped included; 0 where that is not known.
 *
 * @param peakBytes the most that it ever had resident
 * @param residentBytes what it has now
 */
public record ProcessMemory(long peakBytes, long residentBytes) {
    static ProcessMemory of(long pid) {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/" + pid + "/status"));
            return new ProcessMemory(bytes(lines, "VmHWM:"), bytes(lines, "VmRSS:"));
        } catch (IOException noSuchFile) {
            return new ProcessMemory(0, 0);
        }
    }

    private static long bytes(List<String> lines, String field) {
        return lines.stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .sum();
    }

    /** As {@link BenchWorker} answers. */
    String text() {
        return peakBytes + " " + residentBytes;
    }

    static ProcessMemory parse(String text) {
        String[] words = text.split(" ", -1);
        return new ProcessMemory(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }
}

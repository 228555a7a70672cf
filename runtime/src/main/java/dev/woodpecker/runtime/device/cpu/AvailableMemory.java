package dev.woodpecker.runtime.device.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How much memory could still be taken without the kernel ending a process for it. */
final class AvailableMemory {
    private AvailableMemory() {}

    /** Bytes free on the machine, swap included, or in this process's control group if that is less. */
    static long bytes() {
        return bytes(Path.of("/proc/meminfo"), Path.of("/proc/self/cgroup"), Path.of("/sys/fs/cgroup"));
    }

    static long bytes(Path meminfo, Path membership, Path mount) {
        long available = Long.MAX_VALUE;
        long machine = kilobytes(meminfo, "MemAvailable:");
        if (machine >= 0) {
            available = (machine + Math.max(0, kilobytes(meminfo, "SwapFree:"))) << 10;
        }
        for (Path group : groups(membership, mount)) {
            available = Math.min(available, left(group, "memory.max", "memory.current", ""));
            available = Math.min(available, left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"));
        }
        return available;
    }

    /** What a group may still take: its file cache counts as used there, but is given up when needed. */
    private static long left(Path group, String limitFile, String usageFile, String statisticsPrefix) {
        long limit = number(group.resolve(limitFile));
        long usage = number(group.resolve(usageFile));
        if (limit < 0 || usage < 0) {
            return Long.MAX_VALUE;
        }
        long files = 0;
        for (String kind : List.of("inactive_file", "active_file")) {
            for (String line : lines(group.resolve("memory.stat"))) {
                if (line.startsWith(statisticsPrefix + kind + " ")) {
                    files +=
                            Long.parseLong(line.substring(line.indexOf(' ') + 1).strip());
                }
            }
        }
        return Math.max(0, limit - usage + files);
    }

    private static List<Path> groups(Path membership, Path mount) {
        List<Path> found = new ArrayList<>();
        for (String line : lines(membership)) {
            String[] parts = line.split(":", 3);
            boolean unified = parts.length == 3 && parts[1].isEmpty();
            boolean memory = parts.length == 3 && List.of(parts[1].split(",")).contains("memory");
            if (unified || memory) {
                Path root = unified ? mount : mount.resolve("memory");
                Path group = root.resolve(parts[2].replaceFirst("^/+", "")).normalize();
                for (Path at = group; at != null && at.startsWith(root); at = at.getParent()) {
                    found.add(at);
                }
            }
        }
        return found;
    }

    private static long kilobytes(Path meminfo, String field) {
        for (String line : lines(meminfo)) {
            if (line.startsWith(field)) {
                return Long.parseLong(
                        line.substring(field.length()).replace("kB", "").strip());
            }
        }
        return -1;
    }

    private static long number(Path file) {
        List<String> lines = lines(file);
        try {
            return lines.isEmpty() ? -1 : Long.parseLong(lines.getFirst().strip());
        } catch (NumberFormatException e) {
            return -1; // "max"
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}

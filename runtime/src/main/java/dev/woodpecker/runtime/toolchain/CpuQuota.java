package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The limit that control groups put on this process's processor time, in cores. A thread that spins under such a limit
 * burns what the others could have used, so the thread pool asks for it.
 */
public record CpuQuota(OptionalDouble cores) {
    /** The tightest limit of this process's group and its ancestors, of cgroup version 1 or 2. */
    static CpuQuota ofProcess() {
        return read(Path.of("/proc/self/cgroup"), Path.of("/sys/fs/cgroup"));
    }

    static CpuQuota read(Path membership, Path mount) {
        double tightest = Double.POSITIVE_INFINITY;
        for (Path group : groups(membership, mount)) {
            tightest = Math.min(tightest, version2(group.resolve("cpu.max")));
            tightest = Math.min(tightest, version1(group));
        }
        return new CpuQuota(Double.isInfinite(tightest) ? OptionalDouble.empty() : OptionalDouble.of(tightest));
    }

    /** Whole cores that may be used out of {@code present}: the limit rounded down, at least one. */
    int wholeCores(int present) {
        return Math.max(1, (int) Math.min(present, cores.orElse(present)));
    }

    /**
     * The directories that may hold a limit: for each line {@code id:controllers:path} of the membership file its path
     * and all parents, under the mount point of its version. Inside a container the path may name the host's view; then
     * only the mount point itself exists, and is the container's own group.
     */
    private static List<Path> groups(Path membership, Path mount) {
        List<Path> found = new ArrayList<>();
        List<String> lines;
        try {
            lines = Files.readAllLines(membership);
        } catch (IOException e) {
            return found;
        }
        for (String line : lines) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean unified = parts[1].isEmpty();
            if (!unified && !List.of(parts[1].split(",")).contains("cpu")) {
                continue;
            }
            Path root = unified ? mount : mount.resolve(parts[1]);
            Path group = Path.of(root + "/" + parts[2]).normalize();
            for (Path at = group; at != null && at.startsWith(root); at = at.getParent()) {
                found.add(at);
            }
            if (!unified) {
                found.add(mount.resolve("cpu"));
            }
        }
        return found;
    }

    /** {@code cpu.max} holds {@code QUOTA PERIOD} in microseconds, or {@code max PERIOD}. */
    private static double version2(Path file) {
        String[] parts = CpuCaches.firstLine(file).split(" ");
        return parts.length == 2 ? ratio(parts[0], parts[1]) : Double.POSITIVE_INFINITY;
    }

    /** {@code cpu.cfs_quota_us} is -1 where there is no limit. */
    private static double version1(Path group) {
        return ratio(
                CpuCaches.firstLine(group.resolve("cpu.cfs_quota_us")),
                CpuCaches.firstLine(group.resolve("cpu.cfs_period_us")));
    }

    private static double ratio(String quota, String period) {
        try {
            double value = Double.parseDouble(quota) / Double.parseDouble(period);
            return value > 0 ? value : Double.POSITIVE_INFINITY;
        } catch (NumberFormatException e) {
            return Double.POSITIVE_INFINITY;
        }
    }
}

package dev.woodpecker.runtime.toolchain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Sizes in bytes of the data caches that the first core sees (the last level shared with others); 0 where unknown. */
public record CpuCaches(long l1Bytes, long l2Bytes, long l3Bytes, int lineBytes) {
    /** Reads {@code /sys/devices/system/cpu}, or a directory of that shape. */
    static CpuCaches read(Path cpus) {
        long[] bytes = new long[4];
        int line = 64;
        for (int index = 0; index < 8; index++) {
            Path cache = cpus.resolve("cpu0/cache/index" + index);
            int level = (int) parseSize(firstLine(cache.resolve("level")));
            if (level >= 1 && level <= 3 && !firstLine(cache.resolve("type")).equals("Instruction")) {
                bytes[level] = parseSize(firstLine(cache.resolve("size")));
                line = Math.max(1, (int) parseSize(firstLine(cache.resolve("coherency_line_size"))));
            }
        }
        return new CpuCaches(bytes[1], bytes[2], bytes[3], line);
    }

    /** The largest level known, or 0. */
    public long lastLevelBytes() {
        return Math.max(l3Bytes, Math.max(l2Bytes, l1Bytes));
    }

    /** {@code 32K}, {@code 1M} or a plain number, as the kernel writes sizes; 0 for anything else. */
    private static long parseSize(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        long unit =
                upper.endsWith("K") ? 1L << 10 : upper.endsWith("M") ? 1L << 20 : upper.endsWith("G") ? 1L << 30 : 1;
        String digits = unit == 1 ? upper : upper.substring(0, upper.length() - 1);
        try {
            return Long.parseLong(digits) * unit;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static String firstLine(Path file) {
        try {
            String text = Files.readString(file);
            int end = text.indexOf('\n');
            return (end < 0 ? text : text.substring(0, end)).strip();
        } catch (IOException e) {
            return "";
        }
    }
}

package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.MachineException;
import java.util.Locale;

/** Memory outside the Java heap cannot be had. */
public final class NativeMemoryException extends MachineException {
    private static final long serialVersionUID = 1;

    private final long bytes;

    private NativeMemoryException(String message, long bytes) {
        super(message);
        this.bytes = bytes;
    }

    static NativeMemoryException of(long bytes, String purpose, long available) {
        return new NativeMemoryException(
                "cannot have %s for %s: %s are available".formatted(readable(bytes), purpose, readable(available)),
                bytes);
    }

    /** The size that was asked for. */
    public long bytes() {
        return bytes;
    }

    /** For example {@code 1.5 GB}, in powers of 1024. */
    public static String readable(long bytes) {
        String[] units = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}

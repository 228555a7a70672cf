package dev.woodpecker.runtime;

import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.plan.MemoryGuard;
import java.util.OptionalLong;

/** What refuses models that need more memory than there is, or than their options allow. */
final class MemoryGuards {
    private MemoryGuards() {}

    /** The machine's memory. */
    static MemoryGuard of(Options options) {
        return new MemoryGuard() {
            @Override
            public void check(String what, long bytes) {
                MemoryLimit.check(what, bytes);
                checkLimit(options, what, bytes);
            }

            @Override
            public OptionalLong limitBytes() {
                return limit(options);
            }
        };
    }

    /** A GPU's memory. */
    static MemoryGuard of(Options options, DeviceFacts device) {
        return new MemoryGuard() {
            @Override
            public void check(String what, long bytes) {
                if (bytes > device.memoryBytes()) {
                    throw new MemoryLimitException(what + " take " + MemoryLimit.text(bytes) + "; " + device.name()
                            + " has " + MemoryLimit.text(device.memoryBytes()));
                }
                checkLimit(options, what, bytes);
            }

            @Override
            public OptionalLong limitBytes() {
                return limit(options);
            }
        };
    }

    private static void checkLimit(Options options, String what, long bytes) {
        if (options.memoryLimitBytes() > 0 && bytes > options.memoryLimitBytes()) {
            throw new MemoryLimitException(what + " take " + MemoryLimit.text(bytes) + "; the limit is "
                    + MemoryLimit.text(options.memoryLimitBytes()));
        }
    }

    private static OptionalLong limit(Options options) {
        return options.memoryLimitBytes() > 0 ? OptionalLong.of(options.memoryLimitBytes()) : OptionalLong.empty();
    }
}

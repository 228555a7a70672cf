package dev.woodpecker.runtime.device.cpu;

import java.lang.foreign.MemorySegment;

/** Work over a range, any part of which may be done at any time on any thread. */
@FunctionalInterface
public interface RangeTask {
    /**
     * Does the part {@code begin <= i < end}.
     *
     * @param scratch memory of this call alone
     * @return 0, or the number (not 0) of a check that failed at the lowest {@code i} of this part
     */
    int run(long begin, long end, MemorySegment scratch);
}

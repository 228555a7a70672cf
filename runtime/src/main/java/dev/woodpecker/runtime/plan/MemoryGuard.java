package dev.woodpecker.runtime.plan;

/** Asked before memory is taken; refuses what the machine, or the user's limit, does not allow. */
@FunctionalInterface
public interface MemoryGuard {
    /**
     * @param what takes the memory, for the message
     * @throws dev.woodpecker.runtime.MemoryLimitException if it is too much
     */
    void check(String what, long bytes);
}

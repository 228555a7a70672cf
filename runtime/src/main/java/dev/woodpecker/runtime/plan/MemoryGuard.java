package dev.woodpecker.runtime.plan;

import java.util.OptionalLong;

/** Asked before memory is taken; refuses what the machine, or the user's limit, does not allow. */
public interface MemoryGuard {
    /**
     * @param what takes the memory, for the message
     * @throws dev.woodpecker.runtime.MemoryLimitException if it is too much
     */
    void check(String what, long bytes);

    /** What a model is to take at most, weights included, if a user said so; it takes more only if it must. */
    OptionalLong limitBytes();
}

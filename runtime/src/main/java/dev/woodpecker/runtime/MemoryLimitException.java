package dev.woodpecker.runtime;

/** A tensor that this machine has not the memory for; thrown before any of it is allocated. */
public final class MemoryLimitException extends WoodpeckerException {

    private static final long serialVersionUID = 1L;

    public MemoryLimitException(String message) {
        super(message);
    }
}

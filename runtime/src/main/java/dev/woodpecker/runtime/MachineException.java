package dev.woodpecker.runtime;

/** What the machine lacks or refuses: a compiler, memory, a library that can be loaded. Each says what to do about it. */
public abstract non-sealed class MachineException extends WoodpeckerException {
    private static final long serialVersionUID = 1L;

    protected MachineException(String message) {
        super(message);
    }

    protected MachineException(String message, Throwable cause) {
        super(message, cause);
    }
}

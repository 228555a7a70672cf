package dev.woodpecker.runtime.toolchain;

import dev.woodpecker.runtime.MachineException;

/** A compiler, library or directory that is needed cannot be had; the message names the remedy. */
public final class ToolchainException extends MachineException {
    private static final long serialVersionUID = 1;

    public ToolchainException(String message) {
        super(message);
    }

    public ToolchainException(String message, Throwable cause) {
        super(message, cause);
    }
}

package dev.woodpecker.runtime.device.cpu;

import dev.woodpecker.runtime.MachineException;

/** Compiled code cannot be loaded, or lacks a function it should have. */
public final class NativeLibraryException extends MachineException {
    private static final long serialVersionUID = 1;

    NativeLibraryException(String message) {
        super(message);
    }

    NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}

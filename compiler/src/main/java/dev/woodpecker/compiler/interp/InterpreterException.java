package dev.woodpecker.compiler.interp;

/** A program or kernel did what none may: read out of bounds or what was never written, or raced with itself. */
public final class InterpreterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InterpreterException(String message) {
        super(message);
    }
}

package dev.woodpecker.compiler.lower;

/** A trace that does not fit its kernel or target: what is wrong and where. */
public final class LoweringException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LoweringException(String message) {
        super(message);
    }
}

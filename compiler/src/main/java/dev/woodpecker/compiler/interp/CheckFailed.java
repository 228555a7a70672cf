package dev.woodpecker.compiler.interp;

/** A check of the kernel did not hold; ends the run with its code. */
final class CheckFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;

    CheckFailed(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }
}

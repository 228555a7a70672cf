package dev.woodpecker.dsl;

/**
 * Thrown by {@link Dsl#require} when a kernel is called with shapes or attributes that this variant of it does not
 * serve. Another variant may.
 */
public final class RequirementNotMet extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RequirementNotMet() {
        super("this variant of the kernel does not serve the given shapes and attributes:"
                + " a require(...) at its start is false; use another variant");
    }
}

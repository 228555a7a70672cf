package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;

/**
 * A kernel cannot serve the given types, shapes and attributes. The message names the kernel, the place in its source
 * where known, what is wrong and what is allowed.
 */
public sealed class SpecializationException extends RuntimeException permits RequirementNotMet {
    private static final long serialVersionUID = 1L;

    private final String kernel;
    private final String problem;
    private final transient Origin origin;

    public SpecializationException(String kernel, Origin origin, String problem) {
        super(kernel + (origin.isKnown() ? " (" + origin + ")" : "") + ": " + problem);
        this.kernel = kernel;
        this.problem = problem;
        this.origin = origin;
    }

    /** Class and method of the kernel: {@code Convolution.conv2d}. */
    public String kernel() {
        return kernel;
    }

    /** What is wrong and what is allowed, without the place. */
    public String problem() {
        return problem;
    }

    /** The place in the kernel's source, where known. */
    public Origin origin() {
        return origin;
    }
}

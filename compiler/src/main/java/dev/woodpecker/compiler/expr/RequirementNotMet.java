package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;

/** A {@code require(...)} of the kernel is false: this variant does not apply, another one may. */
public final class RequirementNotMet extends SpecializationException {
    private static final long serialVersionUID = 1L;

    public RequirementNotMet(String kernel, Origin origin, String requirement) {
        super(kernel, origin, "this variant requires " + requirement);
    }
}

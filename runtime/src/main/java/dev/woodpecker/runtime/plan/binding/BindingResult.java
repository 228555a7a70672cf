package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.UnsupportedModelException.Problem;

/** What became of binding a node. */
public sealed interface BindingResult {
    record Bound(BoundKernel kernel) implements BindingResult {}

    /** The node's kernel depends on the elements of this value, which are not known before the model runs. */
    record Needs(String value) implements BindingResult {}

    record Unsupported(Problem problem) implements BindingResult {}
}

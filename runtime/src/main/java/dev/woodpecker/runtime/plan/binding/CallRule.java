package dev.woodpecker.runtime.plan.binding;

/** Brings one thing of a node into the form that kernels expect: defaults that depend on shapes, axes from the front. */
@FunctionalInterface
interface CallRule {
    /**
     * The call with the rule applied.
     *
     * @throws Unbindable if the node cannot be served, or not before a value is known
     */
    NodeCall apply(NodeCall call, Values values);
}

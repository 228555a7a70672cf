package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Node;

/** Operators whose steps are written out as nodes of their own, one after the other. */
final class WrittenOutSteps {
    /** Each is a few nodes; a graph of more would take longer to plan than to run. */
    private static final int MOST = 4096;

    private WrittenOutSteps() {}

    /** @throws Unbindable if {@code steps} are too many */
    static void check(Node node, int steps) throws Unbindable {
        if (steps > MOST) {
            throw Unbindable.unsupported(
                    node,
                    Subject.OPERATOR,
                    "",
                    "a sequence of " + steps + " steps, which are written out one by one",
                    "up to " + MOST + " steps; run longer sequences in parts, with the state handed on");
        }
    }
}

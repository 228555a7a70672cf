package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.UnsupportedModelException.Problem;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Node;

/** Ends the binding of one node; {@link KernelBinder} turns it into its {@link BindingResult}. */
final class Unbindable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient BindingResult result;

    private Unbindable(BindingResult result) {
        super(result.toString(), null, false, false);
        this.result = result;
    }

    /** The node's result depends on the elements of a value that is not known yet. */
    static Unbindable needs(String value) {
        return new Unbindable(new BindingResult.Needs(value));
    }

    /** The node has an attribute, or a form, that is not supported. */
    static Unbindable attribute(NodeCall call, String attribute, String problem, String supported) {
        return unsupported(call.node(), Subject.ATTRIBUTE, attribute, problem, supported);
    }

    static Unbindable unsupported(Node node, Subject subject, String name, String problem, String supported) {
        String subjectName = name.isEmpty() ? node.operator().toString() : node.operator() + "." + name;
        return new Unbindable(
                new BindingResult.Unsupported(new Problem(subject, subjectName, node.place(), problem, supported)));
    }

    BindingResult result() {
        return result;
    }
}

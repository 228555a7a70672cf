package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.runtime.graph.Node;
import dev.woodpecker.runtime.onnx.OperatorSupport;
import dev.woodpecker.runtime.onnx.host.HostOperators;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What can be run with a library of kernels and the host operators; shapes are not looked at yet. */
public final class LibrarySupport implements OperatorSupport {
    private final KernelLibrary library;
    private final Set<String> operators;

    public LibrarySupport(KernelLibrary library) {
        this.library = library;
        Set<String> all = new TreeSet<>(library.operators());
        all.addAll(NodeExpansions.operators());
        all.addAll(HostOperators.names());
        this.operators = Collections.unmodifiableSet(all);
    }

    @Override
    public Set<String> operators() {
        return operators;
    }

    @Override
    public Optional<String> objection(Node node) {
        String operator = node.operator().toString();
        boolean byKernel = library.operators().contains(operator)
                && !NodeExpansions.operators().contains(operator)
                && HostOperators.find(node.operator()).isEmpty();
        if (!byKernel) {
            return Optional.empty();
        }
        try {
            NodeCalls.attributes(node);
            return Optional.empty();
        } catch (Unbindable unbindable) {
            return unbindable.result() instanceof BindingResult.Unsupported(var problem)
                    ? Optional.of(problem.problem()
                            + (problem.supported().isEmpty() ? "" : "; supported: " + problem.supported()))
                    : Optional.empty();
        }
    }
}

package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.graph.Node;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What can be run, so that import lists everything that cannot in one error. */
public interface OperatorSupport {

    /** The operators that there is a kernel or a host operator for, as {@code Operator.toString} names them. */
    Set<String> operators();

    /** Why a node of such an operator cannot be run: an attribute value that is not covered. Empty if it can. */
    Optional<String> objection(Node node);

    /** Support by the name of the operator alone. */
    static OperatorSupport of(Set<String> operators) {
        Set<String> sorted = new TreeSet<>(operators);
        return new OperatorSupport() {
            @Override
            public Set<String> operators() {
                return sorted;
            }

            @Override
            public Optional<String> objection(Node node) {
                return Optional.empty();
            }
        };
    }
}

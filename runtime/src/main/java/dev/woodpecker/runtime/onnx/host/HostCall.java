package dev.woodpecker.runtime.onnx.host;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.graph.Node;
import java.util.List;
import java.util.Optional;

/**
 * A node with the values of its inputs.
 *
 * @param inputs one an input of the node, empty where that is absent
 */
public record HostCall(Node node, List<Optional<NdArray>> inputs) {

    public HostCall {
        inputs = List.copyOf(inputs);
    }

    /** The value of an input that has to be there. */
    NdArray input(int index) {
        return optionalInput(index).orElseThrow(() -> error("input " + index + " is missing"));
    }

    Optional<NdArray> optionalInput(int index) {
        return index < inputs.size() ? inputs.get(index) : Optional.empty();
    }

    /** An axis of {@code array}, negative ones counted from the end. */
    int axis(String attribute, NdArray array) {
        return axis(node.integer(attribute), array.rank());
    }

    int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw error("axis " + axis + " of a tensor of rank " + rank);
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }

    OperatorException error(String problem) {
        return new OperatorException(node.place(), problem);
    }
}

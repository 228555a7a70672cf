package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.runtime.NdArray;
import java.util.Arrays;
import java.util.Optional;

/** Inputs that kernels take as attributes: their elements must be known when the kernel is specialised. */
final class ConstantInputs {
    private ConstantInputs() {}

    /** The elements of an input; empty if the node does not have it. */
    static Optional<NdArray> elements(NodeCall call, Values values, String input) {
        return call.tensor(input)
                .map(tensor -> values.constant(tensor.value()).orElseThrow(() -> Unbindable.needs(tensor.value())));
    }

    /** The integers of an input; empty if the node does not have it. */
    static Optional<long[]> integers(NodeCall call, Values values, String input) {
        return elements(call, values, input).map(NdArray::toLongArray);
    }

    /** Elements as an attribute: a scalar or a list, of integers or floats by its element type. */
    static Argument asArgument(NdArray elements, boolean list) {
        boolean floats = elements.type().isFloat();
        if (list) {
            return floats
                    ? new Argument.Reals(
                            Arrays.stream(elements.toDoubleArray()).boxed().toList())
                    : new Argument.Ints(
                            Arrays.stream(elements.toLongArray()).boxed().toList());
        }
        if (elements.elements() != 1) {
            throw new IllegalArgumentException("a scalar is expected and " + elements + " is given");
        }
        return floats ? new Argument.Real(elements.getDouble(0)) : new Argument.Integer(elements.getLong(0));
    }
}

package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;

/** Rules for the element type of the result where the inputs do not decide it. */
final class TypeRules {
    private TypeRules() {}

    /** The type that an attribute names, or that of the first input where it is absent. */
    static CallRule outputType(String attribute) {
        return (call, values) -> {
            if (call.node().attribute(attribute).orElse(Attribute.of(0L))
                    instanceof Attribute.ElementType(DType type)) {
                return call.withOutputType(0, type);
            }
            return call.withOutputType(0, call.first().type().element());
        };
    }

    /** The type of an input. */
    static CallRule typeOf(String input) {
        return (call, values) -> call.tensor(input)
                .map(tensor -> call.withOutputType(0, tensor.type().element()))
                .orElse(call);
    }
}

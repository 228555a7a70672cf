package dev.woodpecker.runtime.onnx.schema;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An operator of ONNX over all opsets. Inputs and outputs are those of the newest; older ones had fewer, in the same
 * order.
 */
public record OperatorSchema(
        String name, Opsets opsets, List<Formal> inputs, List<Formal> outputs, List<AttributeSchema> attributes) {

    public OperatorSchema {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = List.copyOf(attributes);
    }

    /** The attribute of this name in an opset; of one that came later, its first form. */
    public Optional<AttributeSchema> attribute(String attributeName, int opset) {
        List<AttributeSchema> forms = attributes.stream()
                .filter(attribute -> attribute.name().equals(attributeName))
                .toList();
        return forms.stream()
                .filter(form -> form.opsets().contains(opset))
                .findFirst()
                .or(() -> forms.stream()
                        .filter(form -> form.opsets().from() > opset)
                        .findFirst());
    }

    /** The attributes that an opset has. */
    public List<AttributeSchema> attributes(int opset) {
        return attributes.stream()
                .filter(attribute -> attribute.opsets().contains(opset))
                .toList();
    }

    /** The place of the input of this name. */
    public OptionalInt input(String inputName) {
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).name().equals(inputName)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** The fewest operands that a list of formals takes, trailing optional ones left out. */
    public static int fewest(List<Formal> formals) {
        int count = formals.size();
        while (count > 0 && formals.get(count - 1).arity() != Arity.REQUIRED) {
            count--;
        }
        return count;
    }

    /** The most operands that a list of formals takes. */
    public static int most(List<Formal> formals) {
        boolean any = !formals.isEmpty() && formals.getLast().arity() == Arity.VARIADIC;
        return any ? Integer.MAX_VALUE : formals.size();
    }

    /** Opsets from one up to, not including, another. */
    public record Opsets(int from, int until) {
        boolean contains(int opset) {
            return opset >= from && opset < until;
        }
    }

    /** An input or output. */
    public record Formal(String name, Arity arity) {}

    public enum Arity {
        REQUIRED,
        OPTIONAL,
        VARIADIC
    }

    /**
     * An attribute, in the opsets in which it had this form.
     *
     * @param defaultText its default as text; empty if it has none
     * @param becameInput the input that replaced it afterwards
     */
    public record AttributeSchema(
            String name,
            AttributeType type,
            Optional<String> defaultText,
            boolean required,
            Opsets opsets,
            Optional<BecameInput> becameInput) {}

    /** Which input an attribute became, and whether that is a scalar or a vector. */
    public record BecameInput(int index, boolean scalar) {}

    public enum AttributeType {
        INT,
        FLOAT,
        TEXT,
        INTS,
        FLOATS,
        TEXTS,
        TENSOR,
        SPARSE_TENSOR,
        GRAPH,
        /** An element type. */
        TYPE,
        /** The type of a value that is no tensor. */
        VALUE_TYPE
    }
}

package dev.woodpecker.runtime.onnx;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.AttributeSchema;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** The default values in the table of operators. */
public final class AttributeDefault {

    private AttributeDefault() {}

    /** What a node without the attribute has; empty if the operator has no default for it. */
    public static Optional<Attribute> of(AttributeSchema attribute) {
        return attribute.defaultText().map(text -> switch (attribute.type()) {
            case INT -> new Attribute.Int(Long.parseLong(text));
            case FLOAT -> new Attribute.Float(Float.parseFloat(text));
            case TEXT -> new Attribute.Text(text);
            case INTS ->
                new Attribute.Ints(
                        Arrays.stream(text.split(",")).map(Long::valueOf).toList());
            case FLOATS ->
                new Attribute.Floats(
                        Arrays.stream(text.split(",")).map(Float::valueOf).toList());
            case TEXTS -> new Attribute.Texts(Stream.of(text.split(",")).toList());
            case TYPE -> new Attribute.ElementType(DType.parse(text));
            case TENSOR, SPARSE_TENSOR, GRAPH, VALUE_TYPE ->
                throw new IllegalStateException("the operator table has a default for " + attribute.name());
        });
    }
}

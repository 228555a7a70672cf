package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Attribute;
import dev.woodpecker.runtime.graph.Graph;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto;
import dev.woodpecker.runtime.onnx.internal.proto.AttributeProto.AttributeType;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import java.util.Optional;
import java.util.function.Function;

/** Reads the values of attributes. */
final class AttributeDecoder {

    private final String file;
    private final TensorDecoder tensors;
    private final Problems problems;

    AttributeDecoder(String file, TensorDecoder tensors, Problems problems) {
        this.file = file;
        this.tensors = tensors;
        this.problems = problems;
    }

    /**
     * The value; empty, with the problem noted, if Woodpecker has no such values.
     *
     * @param subgraphs reads a graph in the scope of the node
     */
    Optional<Attribute> decode(AttributeProto attribute, String node, Function<GraphProto, Graph> subgraphs) {
        String place = node + " attribute '" + attribute.getName() + "'";
        return switch (type(attribute, place)) {
            case INT -> Optional.of(new Attribute.Int(attribute.getI()));
            case FLOAT -> Optional.of(new Attribute.Float(attribute.getF()));
            case STRING -> Optional.of(new Attribute.Text(text(attribute.getS(), place)));
            case INTS -> Optional.of(new Attribute.Ints(attribute.getIntsList()));
            case FLOATS -> Optional.of(new Attribute.Floats(attribute.getFloatsList()));
            case STRINGS ->
                Optional.of(new Attribute.Texts(attribute.getStringsList().stream()
                        .map(bytes -> text(bytes, place))
                        .toList()));
            case TENSOR -> tensors.decode(attribute.getT(), place).map(Attribute.Tensor::new);
            case SPARSE_TENSOR ->
                tensors.decode(attribute.getSparseTensor(), place).map(Attribute.Tensor::new);
            case GRAPH -> Optional.of(new Attribute.Subgraph(subgraphs.apply(attribute.getG())));
            case TENSORS, GRAPHS, SPARSE_TENSORS, TYPE_PROTO, TYPE_PROTOS -> {
                problems.add(
                        Subject.ATTRIBUTE,
                        attribute.getName(),
                        place,
                        "an attribute of type " + attribute.getType(),
                        "numbers, texts, lists of them, tensors, graphs");
                yield Optional.empty();
            }
            case UNDEFINED -> throw new ModelFormatException(file, place, "it has no value");
        };
    }

    /** The declared type; in files of IR version 1 and 2, which declare none, that of the field that is set. */
    static AttributeType type(AttributeProto attribute, String file, String place) {
        if (attribute.hasType() && attribute.getType() != AttributeType.UNDEFINED) {
            return attribute.getType();
        }
        if (attribute.getUnknownFields().hasField(AttributeProto.TYPE_FIELD_NUMBER)) {
            throw new ModelFormatException(file, place, "its type is not one of ONNX's");
        }
        if (attribute.hasF()) {
            return AttributeType.FLOAT;
        }
        if (attribute.hasI()) {
            return AttributeType.INT;
        }
        if (attribute.hasS()) {
            return AttributeType.STRING;
        }
        if (attribute.hasT()) {
            return AttributeType.TENSOR;
        }
        if (attribute.hasG()) {
            return AttributeType.GRAPH;
        }
        if (attribute.getFloatsCount() > 0) {
            return AttributeType.FLOATS;
        }
        if (attribute.getIntsCount() > 0) {
            return AttributeType.INTS;
        }
        return attribute.getStringsCount() > 0 ? AttributeType.STRINGS : AttributeType.UNDEFINED;
    }

    ModelFormatException error(String place, String problem) {
        return new ModelFormatException(file, place, problem);
    }

    private AttributeType type(AttributeProto attribute, String place) {
        return type(attribute, file, place);
    }

    private String text(ByteString bytes, String place) {
        if (!bytes.isValidUtf8()) {
            throw new ModelFormatException(file, place, "its text is not UTF-8");
        }
        return bytes.toStringUtf8();
    }
}

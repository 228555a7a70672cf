package dev.woodpecker.runtime.onnx;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.UnsupportedModelException.Subject;
import dev.woodpecker.runtime.graph.Dimension;
import dev.woodpecker.runtime.graph.Shape;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.internal.proto.TensorShapeProto;
import dev.woodpecker.runtime.onnx.internal.proto.TypeProto;
import dev.woodpecker.runtime.onnx.internal.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the declared types of inputs and outputs. */
final class TypeDecoder {

    private final String file;
    private final Problems problems;

    TypeDecoder(String file, Problems problems) {
        this.file = file;
        this.problems = problems;
    }

    /**
     * The type of an input, which has to be declared for the model's graph; empty, with the problem noted, if Woodpecker has
     * no such values.
     */
    Optional<TensorType> input(ValueInfoProto value, boolean ofModel) {
        String place = "input '" + value.getName() + "'";
        if (!ofModel) {
            return output(value, false);
        }
        if (!value.getType().hasTensorType()) {
            notTensor(value.getType(), place);
            return Optional.empty();
        }
        if (!value.getType().getTensorType().hasShape()) {
            problems.add(
                    Subject.TYPE,
                    "input of unknown rank",
                    place,
                    "it has no shape",
                    "a shape, with names for what is open");
            return Optional.empty();
        }
        return tensorType(value, place);
    }

    /**
     * The type of an output, as far as it is declared. Inside a graph there may be sequences, of which only the tensors are
     * left when it is planned.
     */
    Optional<TensorType> output(ValueInfoProto value, boolean ofModel) {
        String place = "output '" + value.getName() + "'";
        if (value.getType().getValueCase() == TypeProto.ValueCase.VALUE_NOT_SET) {
            return Optional.empty();
        }
        if (!value.getType().hasTensorType()) {
            if (ofModel || value.getType().getValueCase() != TypeProto.ValueCase.SEQUENCE_TYPE) {
                notTensor(value.getType(), place);
            }
            return Optional.empty();
        }
        Optional<TensorType> type = tensorType(value, place);
        return value.getType().getTensorType().hasShape() ? type : Optional.empty();
    }

    private void notTensor(TypeProto type, String place) {
        String kind = switch (type.getValueCase()) {
            case SEQUENCE_TYPE -> "sequence";
            case MAP_TYPE -> "map";
            case OPTIONAL_TYPE -> "optional";
            case SPARSE_TENSOR_TYPE -> "sparse tensor";
            case OPAQUE_TYPE -> "opaque";
            case TENSOR_TYPE, VALUE_NOT_SET -> "undeclared type";
        };
        problems.add(Subject.TYPE, kind, place, "values that are " + kind, "dense tensors");
    }

    private Optional<TensorType> tensorType(ValueInfoProto value, String place) {
        TypeProto.Tensor tensor = value.getType().getTensorType();
        if (!ElementTypes.isKnown(tensor.getElemType())) {
            throw new ModelFormatException(file, place, "no element type has the number " + tensor.getElemType());
        }
        Optional<DType> element = ElementTypes.type(tensor.getElemType());
        if (element.isEmpty()) {
            problems.elementType(tensor.getElemType(), place);
            return Optional.empty();
        }
        List<Dimension> dimensions = new ArrayList<>();
        for (TensorShapeProto.Dimension dimension : tensor.getShape().getDimList()) {
            dimensions.add(dimension(dimension, value.getName() + "[" + dimensions.size() + "]", place));
        }
        return Optional.of(new TensorType(element.get(), new Shape(dimensions)));
    }

    /** A dimension without a value is open; if it has no name either, it is called by its place. -1 means the same. */
    private Dimension dimension(TensorShapeProto.Dimension dimension, String nameOfPlace, String place) {
        return switch (dimension.getValueCase()) {
            case DIM_VALUE -> {
                long extent = dimension.getDimValue();
                if (extent > Integer.MAX_VALUE || extent < -1) {
                    throw new ModelFormatException(file, place, "extent " + extent + "; 0 to 2^31 - 1 are allowed");
                }
                yield extent == -1 ? new Dimension.Symbolic(nameOfPlace) : new Dimension.Known((int) extent);
            }
            case DIM_PARAM ->
                new Dimension.Symbolic(dimension.getDimParam().isEmpty() ? nameOfPlace : dimension.getDimParam());
            case VALUE_NOT_SET -> new Dimension.Symbolic(nameOfPlace);
        };
    }
}

package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.onnx.internal.proto.SparseTensorProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * Makes arrays of a model's tensors, in every way that ONNX stores them. Nothing is allocated before the number of bytes is
 * found to be what type and shape ask for.
 */
final class TensorDecoder {

    private final String file;
    private final MemorySegment modelBytes;
    private final ExternalData externalData;
    private final Problems problems;

    TensorDecoder(ModelFile<?> model, Problems problems) {
        this.file = model.path().toString();
        this.modelBytes = model.bytes();
        this.externalData = new ExternalData(model.path());
        this.problems = problems;
    }

    /** The array; empty, with the problem noted, if Woodpecker does not have the element type. */
    Optional<NdArray> decode(TensorProto tensor, String place) {
        if (!ElementTypes.isKnown(tensor.getDataType())) {
            throw new ModelFormatException(file, place, "no element type has the number " + tensor.getDataType());
        }
        Optional<DType> type = ElementTypes.type(tensor.getDataType());
        if (type.isEmpty()) {
            problems.elementType(tensor.getDataType(), place);
            return Optional.empty();
        }
        return Optional.of(decode(tensor, type.get(), shape(tensor.getDimsList(), place), place));
    }

    private NdArray decode(TensorProto tensor, DType type, int[] shape, String place) {
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return wrap(externalData.map(tensor, place), type, shape, place);
        }
        if (tensor.hasEmbeddedBytes()) {
            long offset = tensor.getEmbeddedOffset();
            long bytes = tensor.getEmbeddedBytes();
            if (offset < 0 || bytes < 0 || offset > modelBytes.byteSize() - bytes) {
                throw new ModelFormatException(file, place, "its data is not inside the file");
            }
            return wrap(modelBytes.asSlice(offset, bytes), type, shape, place);
        }
        if (tensor.hasRawData()) {
            ByteString raw = tensor.getRawData();
            return wrap(MemorySegment.ofBuffer(raw.asReadOnlyByteBuffer()), type, shape, place)
                    .copy();
        }
        return decodeTyped(tensor, type, shape, place);
    }

    private NdArray wrap(MemorySegment bytes, DType type, int[] shape, String place) {
        try {
            return NdArray.wrap(bytes, type, shape);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file, place, String.valueOf(e.getMessage()), e);
        }
    }

    /** The fields by element type; small types lie in {@code int32_data}, the 16-bit floats there as their bits. */
    private NdArray decodeTyped(TensorProto tensor, DType type, int[] shape, String place) {
        int given = switch (type) {
            case F32, TF32 -> tensor.getFloatDataCount();
            case F64 -> tensor.getDoubleDataCount();
            case I64 -> tensor.getInt64DataCount();
            case U32, U64 -> tensor.getUint64DataCount();
            case I32, I16, U16, I8, U8, BOOL, F16, BF16 -> tensor.getInt32DataCount();
        };
        requireElements(type, shape, given, place);
        NdArray array = NdArray.allocate(type == DType.F16 || type == DType.BF16 ? DType.U16 : type, shape);
        for (int i = 0; i < given; i++) {
            switch (type) {
                case F32, TF32 -> array.set(i, tensor.getFloatData(i));
                case F64 -> array.set(i, tensor.getDoubleData(i));
                case I64 -> array.set(i, tensor.getInt64Data(i));
                case U32, U64 -> array.set(i, tensor.getUint64Data(i));
                case I32, I16, U16, I8, U8, BOOL, F16, BF16 -> array.set(i, (long) tensor.getInt32Data(i));
            }
        }
        return array.reinterpret(type);
    }

    private void requireElements(DType type, int[] shape, long given, String place) {
        long wanted = 1;
        for (int extent : shape) {
            wanted = extent == 0 ? 0 : wanted > Long.MAX_VALUE / extent ? Long.MAX_VALUE : wanted * extent;
        }
        if (given != wanted) {
            throw new ModelFormatException(
                    file,
                    place,
                    "a tensor " + NdArray.describe(type, shape) + " has " + wanted + " elements, and " + given
                            + " are given");
        }
    }

    private int[] shape(List<Long> dims, String place) {
        return dims.stream()
                .mapToInt(extent -> {
                    if (extent < 0 || extent > Integer.MAX_VALUE) {
                        throw new ModelFormatException(
                                file, place, "extent " + extent + " in shape " + dims + "; 0 to 2^31 - 1 are allowed");
                    }
                    return extent.intValue();
                })
                .toArray();
    }

    /** A sparse tensor (coordinates or positions of the values that are not 0) as a dense one. */
    Optional<NdArray> decode(SparseTensorProto sparse, String place) {
        Optional<NdArray> decodedValues = decode(sparse.getValues(), place + " values");
        Optional<NdArray> decodedIndices = decode(sparse.getIndices(), place + " indices");
        if (decodedValues.isEmpty() || decodedIndices.isEmpty()) {
            return Optional.empty();
        }
        NdArray values = decodedValues.get();
        NdArray indices = decodedIndices.get();
        int[] shape = shape(sparse.getDimsList(), place);
        boolean byPosition = indices.rank() == 1;
        int axes = byPosition ? 1 : shape.length;
        if (indices.type() != DType.I64 || indices.elements() != values.elements() * axes) {
            throw new ModelFormatException(
                    file,
                    place,
                    "indices " + NdArray.describe(indices.type(), indices.shape()) + " do not fit values "
                            + NdArray.describe(values.type(), values.shape()));
        }
        NdArray dense = NdArray.allocate(values.type(), shape);
        int size = values.type().bytes();
        for (long i = 0; i < values.elements(); i++) {
            long position = 0;
            for (int axis = 0; axis < axes; axis++) {
                long index = indices.getLong(i * axes + axis);
                long extent = byPosition ? dense.elements() : shape[axis];
                if (index < 0 || index >= extent) {
                    throw new ModelFormatException(file, place, "index " + index + " outside 0 to " + (extent - 1));
                }
                position = byPosition ? index : position * extent + index;
            }
            MemorySegment.copy(values.memory(), i * size, dense.memory(), position * size, size);
        }
        return Optional.of(dense);
    }
}

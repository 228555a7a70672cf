package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads a protobuf file field by field. The bytes of large initialisers stay in the file, which is mapped: a tensor then
 * has {@code embedded_offset} and {@code embedded_bytes} instead of {@code raw_data}. So a model takes little heap, whatever
 * its size, and errors name the byte.
 *
 * @param bytes the whole file; unmapped when no longer reachable
 */
record ModelFile<M extends Message>(Path path, M message, MemorySegment bytes) {

    /** Protobuf's own bound. Larger models keep their weights in files beside them. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    /** Shorter tensors are read with the rest: shapes, axes, scalars. */
    private static final int EMBEDDED_BYTES = 4096;

    /**
     * @throws ModelFormatException if the file is no model
     * @throws UncheckedIOException if it cannot be read
     */
    static ModelFile<ModelProto> readModel(Path path) {
        return read(path, in -> {
            ModelProto.Builder model = ModelProto.newBuilder();
            readFields(path, in, model, tag -> {
                if (isField(tag, ModelProto.GRAPH_FIELD_NUMBER)) {
                    readNested(in, () -> readGraph(path, in, model.getGraphBuilder()));
                    return true;
                }
                return false;
            });
            return model.build();
        });
    }

    /** Reads a file of one tensor. */
    static ModelFile<TensorProto> readTensor(Path path) {
        return read(path, in -> {
            TensorProto.Builder tensor = TensorProto.newBuilder();
            readTensor(path, in, tensor);
            return tensor.build();
        });
    }

    private static <M extends Message> ModelFile<M> read(Path path, Reader<M> reader) {
        try (InputStream stream = Files.newInputStream(path)) {
            long size = Files.size(path);
            if (size > MOST_BYTES) {
                throw new ModelFormatException(
                        path.toString(),
                        "",
                        size + " bytes; a protobuf file has less than 2 GiB. "
                                + "Save the model with its weights as external data");
            }
            CodedInputStream in = CodedInputStream.newInstance(stream);
            in.pushLimit((int) size);
            try {
                M message = reader.read(in);
                return new ModelFile<>(path, message, map(path));
            } catch (InvalidProtocolBufferException e) {
                throw malformed(path, in.getTotalBytesRead(), e);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path + ": " + e.getMessage(), e);
        }
    }

    private static MemorySegment map(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
    }

    private static void readGraph(Path path, CodedInputStream in, GraphProto.Builder graph) throws IOException {
        readFields(path, in, graph, tag -> {
            if (isField(tag, GraphProto.INITIALIZER_FIELD_NUMBER)) {
                readNested(in, () -> readTensor(path, in, graph.addInitializerBuilder()));
                return true;
            }
            return false;
        });
    }

    private static void readTensor(Path path, CodedInputStream in, TensorProto.Builder tensor) throws IOException {
        readFields(path, in, tensor, tag -> {
            if (!isField(tag, TensorProto.RAW_DATA_FIELD_NUMBER)) {
                return false;
            }
            int length = in.readRawVarint32();
            if (length >= 0 && length < EMBEDDED_BYTES) {
                tensor.setRawData(ByteString.copyFrom(in.readRawBytes(length)));
            } else {
                int offset = in.getTotalBytesRead();
                in.skipRawBytes(length);
                tensor.setEmbeddedOffset(offset).setEmbeddedBytes(length);
            }
            return true;
        });
    }

    /** Reads up to the current limit; fields that {@code special} does not take are merged one by one. */
    private static void readFields(Path path, CodedInputStream in, Message.Builder builder, Special special)
            throws IOException {
        while (true) {
            int start = in.getTotalBytesRead();
            int tag = in.readTag();
            if (tag == 0) {
                return;
            }
            if (special.take(tag)) {
                continue;
            }
            UnknownFieldSet.Builder field = UnknownFieldSet.newBuilder();
            field.mergeFieldFrom(tag, in);
            try {
                builder.mergeFrom(field.build().toByteString());
            } catch (InvalidProtocolBufferException e) {
                throw malformed(path, start, e);
            }
        }
    }

    private static void readNested(CodedInputStream in, Nested nested) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        nested.read();
        in.popLimit(outer);
    }

    private static boolean isField(int tag, int field) {
        return tag == (field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
    }

    private static ModelFormatException malformed(Path path, int offset, IOException cause) {
        return new ModelFormatException(
                path.toString(),
                "byte " + offset,
                "not a sound ONNX file (truncated, or something else): " + cause.getMessage(),
                cause);
    }

    private interface Reader<M> {
        M read(CodedInputStream in) throws IOException;
    }

    private interface Special {
        boolean take(int tag) throws IOException;
    }

    private interface Nested {
        void read() throws IOException;
    }
}

package dev.woodpecker.runtime.onnx;

import com.google.protobuf.CodedOutputStream;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.internal.proto.GraphProto;
import dev.woodpecker.runtime.onnx.internal.proto.ModelProto;
import dev.woodpecker.runtime.onnx.internal.proto.OperatorSetIdProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a model without holding its weights: the sizes of all parts are known beforehand, so the messages around them
 * can be written first and the weights as they are made.
 */
final class ModelWriter {

    private static final String PRODUCER = "woodpecker";

    private ModelWriter() {}

    static void write(OnnxModelBuilder builder, Map<String, TensorType> values, Path file) {
        ModelProto shell = ModelProto.newBuilder()
                .setIrVersion(irVersion(builder.opset()))
                .setProducerName(PRODUCER)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(builder.opset()))
                .build();
        GraphProto.Builder graph = GraphProto.newBuilder().setName(builder.graphName());
        builder.nodes().forEach(node -> graph.addNode(GraphEncoder.node(node)));
        builder.inputs().forEach((name, type) -> graph.addInput(GraphEncoder.value(name, type)));
        builder.outputs().forEach((name, type) -> graph.addOutput(GraphEncoder.value(name, type)));
        values.forEach((name, type) -> graph.addValueInfo(GraphEncoder.value(name, Optional.of(type))));
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (OutputStream stream = Files.newOutputStream(aside)) {
                write(shell, graph.build(), builder.initializers(), stream, file);
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e, e);
        } finally {
            deleteLeftOver(aside);
        }
    }

    private static void deleteLeftOver(Path aside) {
        try {
            Files.deleteIfExists(aside);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + aside + ": " + e, e);
        }
    }

    private static void write(
            ModelProto shell, GraphProto graph, Map<String, TensorSource> initializers, OutputStream stream, Path file)
            throws IOException {
        List<Part> parts = new ArrayList<>();
        initializers.forEach((name, source) -> parts.add(new Part(name, header(name, source), source)));
        long graphBytes = graph.getSerializedSize();
        for (Part part : parts) {
            graphBytes += CodedOutputStream.computeTagSize(GraphProto.INITIALIZER_FIELD_NUMBER)
                    + CodedOutputStream.computeUInt64SizeNoTag(part.bytes())
                    + part.bytes();
        }
        if (graphBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    file + " would have " + graphBytes + " bytes; a protobuf file has less than 2 GiB");
        }
        CodedOutputStream out = CodedOutputStream.newInstance(stream);
        shell.writeTo(out);
        out.writeTag(ModelProto.GRAPH_FIELD_NUMBER, 2);
        out.writeUInt64NoTag(graphBytes);
        graph.writeTo(out);
        for (Part part : parts) {
            write(part, out, stream);
        }
        out.flush();
    }

    private static void write(Part part, CodedOutputStream out, OutputStream stream) throws IOException {
        out.writeTag(GraphProto.INITIALIZER_FIELD_NUMBER, 2);
        out.writeUInt64NoTag(part.bytes());
        part.header().writeTo(out);
        out.writeTag(TensorProto.RAW_DATA_FIELD_NUMBER, 2);
        out.writeUInt64NoTag(part.source().bytes());
        out.flush();
        Counting counting = new Counting(stream);
        part.source().content().writeTo(counting);
        counting.flush();
        if (counting.written != part.source().bytes()) {
            throw new IllegalArgumentException("'" + part.name() + "' has "
                    + part.source().bytes() + " bytes, and its source wrote " + counting.written);
        }
    }

    private static TensorProto header(String name, TensorSource source) {
        TensorProto.Builder header = TensorProto.newBuilder()
                .setName(name)
                .setDataType(ElementTypes.number(source.type().element()));
        for (int extent : source.shape()) {
            header.addDims(extent);
        }
        return header.build();
    }

    /** An initialiser: its message but for the elements, and the elements. */
    private record Part(String name, TensorProto header, TensorSource source) {
        long bytes() {
            return header.getSerializedSize()
                    + CodedOutputStream.computeTagSize(TensorProto.RAW_DATA_FIELD_NUMBER)
                    + CodedOutputStream.computeUInt64SizeNoTag(source.bytes())
                    + source.bytes();
        }
    }

    /** The version of the file format that came with an opset (docs/Versioning.md of the specification). */
    private static int irVersion(int opset) {
        return opset < 19 ? 8 : opset < 21 ? 9 : opset < 23 ? 10 : opset < 25 ? 11 : opset < 26 ? 12 : 13;
    }

    private static final class Counting extends FilterOutputStream {

        private long written;

        Counting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int value) throws IOException {
            out.write(value);
            written++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            written += length;
        }
    }
}

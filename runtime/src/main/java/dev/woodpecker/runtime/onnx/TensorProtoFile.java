package dev.woodpecker.runtime.onnx;

import com.google.protobuf.ByteString;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Files of one tensor as ONNX's test data has them: {@code input_0.pb}. */
public final class TensorProtoFile {

    private TensorProtoFile() {}

    /**
     * @throws dev.woodpecker.runtime.ModelFormatException if the file holds no tensor
     * @throws dev.woodpecker.runtime.UnsupportedModelException if Woodpecker does not have its element type
     * @throws UncheckedIOException if it cannot be read
     */
    public static NdArray read(Path file) {
        ModelFile<TensorProto> model = ModelFile.readTensor(file);
        Problems problems = new Problems();
        Optional<NdArray> array = new TensorDecoder(model, problems)
                .decode(model.message(), "tensor '" + model.message().getName() + "'");
        problems.throwIfAny(file.toString());
        return array.orElseThrow();
    }

    /**
     * Writes a tensor, replacing the file.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, String name, NdArray array) {
        try (OutputStream stream = Files.newOutputStream(file)) {
            encode(name, array).writeTo(stream);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    static TensorProto encode(String name, NdArray array) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(ElementTypes.number(array.type()));
        for (int extent : array.shape()) {
            tensor.addDims(extent);
        }
        return tensor.setRawData(ByteString.copyFrom(array.memory().asByteBuffer()))
                .build();
    }
}

package dev.woodpecker.runtime.onnx;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;

/**
 * An initialiser that is written as it is made: the weights of a large model never lie in memory as a whole.
 *
 * @param content writes the elements, little-endian, in row-major order: as many bytes as type and shape ask for
 */
public record TensorSource(DType type, int[] shape, Content content) {

    /** Writes the elements of a tensor; called once for each file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    public TensorSource {
        shape = shape.clone();
    }

    public static TensorSource of(NdArray array) {
        return new TensorSource(array.type(), array.shape(), out -> {
            WritableByteChannel channel = Channels.newChannel(out);
            long chunk = 1 << 20;
            for (long start = 0; start < array.bytes(); start += chunk) {
                channel.write(array.memory()
                        .asSlice(start, Math.min(chunk, array.bytes() - start))
                        .asByteBuffer());
            }
        });
    }

    long bytes() {
        long bytes = type.bytes();
        for (int extent : shape) {
            bytes = Math.multiplyExact(bytes, extent);
        }
        return bytes;
    }
}

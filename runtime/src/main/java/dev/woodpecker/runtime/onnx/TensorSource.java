package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;

/**
 * An initialiser that is written as it is made: the weights of a large model never lie in memory as a whole.
 *
 * @param type of known shape
 * @param content writes the elements, little-endian, in row-major order: as many bytes as the type asks for
 */
public record TensorSource(TensorType type, Content content) {

    /** Bytes that go through the heap at once. */
    private static final long CHUNK_BYTES = 1 << 20;

    /** Writes the elements of a tensor; called once for each file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    public static TensorSource of(NdArray array) {
        return new TensorSource(TensorType.of(array), out -> {
            WritableByteChannel channel = Channels.newChannel(out);
            for (long start = 0; start < array.bytes(); start += CHUNK_BYTES) {
                long length = Math.min(CHUNK_BYTES, array.bytes() - start);
                channel.write(array.memory().asSlice(start, length).asByteBuffer());
            }
        });
    }

    public int[] shape() {
        return type.shape().extents();
    }

    long elements() {
        long elements = 1;
        for (int extent : shape()) {
            elements = Math.multiplyExact(elements, extent);
        }
        return elements;
    }

    long bytes() {
        return Math.multiplyExact(elements(), type.element().bytes());
    }
}

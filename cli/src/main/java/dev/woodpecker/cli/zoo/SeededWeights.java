package dev.woodpecker.cli.zoo;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.onnx.TensorSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Makes weights as they are written, from a seed and the tensor's name. */
record SeededWeights(long seed) {

    private static final int CHUNK_ELEMENTS = 1 << 16;

    /**
     * He-normal: variance 2 / fanIn, which keeps the scale of activations through a layer that a ReLU follows (He et al.,
     * "Delving deep into rectifiers", 2015).
     */
    TensorSource heNormal(String name, int fanIn, int... shape) {
        return normal(name, 0, Math.sqrt(2.0 / fanIn), shape);
    }

    TensorSource normal(String name, double mean, double deviation, int... shape) {
        return new TensorSource(TensorType.of(DType.F32, shape), out -> write(name, mean, deviation, shape, out));
    }

    private void write(String name, double mean, double deviation, int[] shape, OutputStream out) throws IOException {
        NormalNumbers numbers = new NormalNumbers(seed, name);
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_ELEMENTS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long left = Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
        while (left > 0) {
            chunk.clear();
            int count = (int) Math.min(left, CHUNK_ELEMENTS);
            for (int i = 0; i < count; i++) {
                chunk.putFloat((float) (mean + deviation * numbers.next()));
            }
            out.write(chunk.array(), 0, chunk.position());
            left -= count;
        }
    }

    /** A tensor of numbers with mean 0 and variance 1: an image, as networks are given them. */
    NdArray image(String name, int... shape) {
        NdArray image = NdArray.allocate(DType.F32, shape);
        NormalNumbers numbers = new NormalNumbers(seed, name);
        for (long i = 0; i < image.elements(); i++) {
            image.set(i, numbers.next());
        }
        return image;
    }
}

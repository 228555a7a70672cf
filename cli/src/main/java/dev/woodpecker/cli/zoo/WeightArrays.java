package dev.woodpecker.cli.zoo;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.onnx.TensorSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;

/** Weights that are written as they are made, as arrays. */
final class WeightArrays {
    private WeightArrays() {}

    static NdArray of(TensorSource source) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            source.content().writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        NdArray array = NdArray.allocate(source.type().element(), source.shape());
        array.memory().copyFrom(MemorySegment.ofArray(bytes.toByteArray()));
        return array;
    }
}

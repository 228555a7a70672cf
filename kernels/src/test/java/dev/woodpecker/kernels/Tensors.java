package dev.woodpecker.kernels;

import dev.woodpecker.dsl.Index;
import dev.woodpecker.dsl.IntTensor;
import dev.woodpecker.dsl.MaskTensor;
import dev.woodpecker.dsl.Tensor;
import java.util.Random;

/** Inputs for tests. */
final class Tensors {

    private Tensors() {}

    /** Elements between -1 and 1, the same for the same seed. */
    static Tensor random(int seed, int... shape) {
        Random random = new Random(seed);
        float[] values = new float[Index.of(shape).product()];
        for (int position = 0; position < values.length; position++) {
            values[position] = random.nextFloat() * 2 - 1;
        }
        return Tensor.of(values, shape);
    }

    /** 0, 1, 2, ... */
    static Tensor counting(int... shape) {
        float[] values = new float[Index.of(shape).product()];
        for (int position = 0; position < values.length; position++) {
            values[position] = position;
        }
        return Tensor.of(values, shape);
    }

    static Tensor vector(float... values) {
        return Tensor.of(values, values.length);
    }

    static IntTensor ints(long... values) {
        return IntTensor.of(values, values.length);
    }

    static MaskTensor mask(boolean... values) {
        return MaskTensor.of(values, values.length);
    }

    static int[] attribute(int... values) {
        return values;
    }
}

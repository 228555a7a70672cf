package dev.woodpecker.runtime;

import java.util.Random;

/** Weights and inputs of tests. */
final class RandomArrays {
    private RandomArrays() {}

    /** Normally distributed, of deviation 0.3. */
    static NdArray of(long seed, int... shape) {
        int count = 1;
        for (int extent : shape) {
            count *= extent;
        }
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() * 0.3f;
        }
        return NdArray.of(values, shape);
    }
}

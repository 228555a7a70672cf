package dev.woodpecker.cli.compare;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.runtime.NdArray;
import java.util.SplittableRandom;

/**
 * Arrays of seeded random elements: floats from the standard normal distribution; integers 0 or 1, which are good as
 * token, segment and mask alike.
 */
public final class RandomArrays {
    private final SplittableRandom random;

    public RandomArrays(long seed) {
        this.random = new SplittableRandom(seed);
    }

    public NdArray next(DType type, int... shape) {
        NdArray array = NdArray.allocate(type, shape);
        for (long i = 0; i < array.elements(); i++) {
            if (type.isFloat()) {
                array.set(i, random.nextGaussian());
            } else {
                array.set(i, (long) random.nextInt(2));
            }
        }
        return array;
    }
}

package dev.woodpecker.dsl;

import java.util.function.Supplier;

/** A tensor whose elements are computed, all at once, when the first is read. */
final class StageTensor implements Tensor {

    /** Told from a computed array by identity. */
    private static final float[] PENDING = {};

    private final Index shape;
    private final Supplier<float[]> compute;

    private volatile float[] values = PENDING;

    StageTensor(Index shape, Supplier<float[]> compute) {
        this.shape = shape;
        this.compute = compute;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public float element(long position) {
        float[] computed = values;
        return (computed == PENDING ? computeOnce() : computed)[(int) position];
    }

    private synchronized float[] computeOnce() {
        if (values == PENDING) {
            values = compute.get();
        }
        return values;
    }
}

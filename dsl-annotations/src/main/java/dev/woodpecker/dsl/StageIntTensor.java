package dev.woodpecker.dsl;

import java.util.function.Supplier;

/** A tensor whose elements are computed, all at once, when the first is read. */
final class StageIntTensor implements IntTensor {

    /** Told from a computed array by identity. */
    private static final long[] PENDING = {};

    private final Index shape;
    private final Supplier<long[]> compute;

    private volatile long[] values = PENDING;

    StageIntTensor(Index shape, Supplier<long[]> compute) {
        this.shape = shape;
        this.compute = compute;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public long element(long position) {
        long[] computed = values;
        return (computed == PENDING ? computeOnce() : computed)[(int) position];
    }

    private synchronized long[] computeOnce() {
        if (values == PENDING) {
            values = compute.get();
        }
        return values;
    }
}

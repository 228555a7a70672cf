package dev.woodpecker.dsl;

import java.util.function.Supplier;

/** A tensor whose elements are computed, all at once, when the first is read. */
final class StageMaskTensor implements MaskTensor {

    /** Told from a computed array by identity. */
    private static final boolean[] PENDING = {};

    private final Index shape;
    private final Supplier<boolean[]> compute;

    private volatile boolean[] values = PENDING;

    StageMaskTensor(Index shape, Supplier<boolean[]> compute) {
        this.shape = shape;
        this.compute = compute;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public boolean element(long position) {
        boolean[] computed = values;
        return (computed == PENDING ? computeOnce() : computed)[(int) position];
    }

    private synchronized boolean[] computeOnce() {
        if (values == PENDING) {
            values = compute.get();
        }
        return values;
    }
}

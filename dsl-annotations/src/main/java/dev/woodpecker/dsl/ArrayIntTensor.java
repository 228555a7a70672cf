package dev.woodpecker.dsl;

/** A tensor whose elements are there, in row-major order. */
final class ArrayIntTensor implements IntTensor {

    private final Index shape;
    private final long[] values;

    /** Takes ownership of {@code values}, which fill {@code shape}. */
    ArrayIntTensor(Index shape, long[] values) {
        this.shape = shape;
        this.values = values;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public long element(long position) {
        return values[(int) position];
    }
}

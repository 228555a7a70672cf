package dev.woodpecker.dsl;

/** A tensor whose elements are there, in row-major order. */
final class ArrayMaskTensor implements MaskTensor {

    private final Index shape;
    private final boolean[] values;

    /** Takes ownership of {@code values}, which fill {@code shape}. */
    ArrayMaskTensor(Index shape, boolean[] values) {
        this.shape = shape;
        this.values = values;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public boolean element(long position) {
        return values[(int) position];
    }
}

package dev.woodpecker.dsl;

/** A tensor whose elements are there, in row-major order. */
final class ArrayTensor implements Tensor {

    private final Index shape;
    private final float[] values;

    /** Takes ownership of {@code values}, which fill {@code shape}. */
    ArrayTensor(Index shape, float[] values) {
        this.shape = shape;
        this.values = values;
    }

    @Override
    public Index shape() {
        return shape;
    }

    @Override
    public float element(long position) {
        return values[(int) position];
    }
}

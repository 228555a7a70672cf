package dev.woodpecker.dsl;

/**
 * A tensor of {@code boolean} elements: an input, a result or an intermediate stage of a kernel.
 *
 * {@snippet :
 * MaskTensor x = MaskTensor.of(new boolean[] {true, false}, 2);
 * boolean first = x.at(0); // true
 * }
 *
 * <p>To view memory of your own as a tensor implement {@link #shape} and {@link #element}; an implementation must be
 * immutable as far as kernels can see.
 */
public interface MaskTensor {

    /** The extents of all axes. */
    Index shape();

    /**
     * The element at this position of the row-major order, from 0 to the number of elements less one. Kernels read by
     * indices instead.
     */
    boolean element(long position);

    /**
     * A tensor that holds a copy of {@code values}, in row-major order. Without extents it is a scalar.
     *
     * @throws IllegalArgumentException if the number of values is not the product of the extents
     */
    static MaskTensor of(boolean[] values, int... shape) {
        Index extents = Index.of(shape);
        RowMajor.requireFilled(extents, values.length);
        return new ArrayMaskTensor(extents, values.clone());
    }

    /** A tensor of rank 0. */
    static MaskTensor scalar(boolean value) {
        return new ArrayMaskTensor(Index.of(), new boolean[] {value});
    }

    /**
     * What a kernel is given for an optional input that is not there: a tensor of rank 0 that yields {@code neutral} at
     * any position, whatever the number of indices.
     *
     * @see Absent
     */
    static MaskTensor absent(boolean neutral) {
        return new ArrayMaskTensor(Index.ABSENT, new boolean[] {neutral});
    }

    /** The number of axes. */
    default int rank() {
        return shape().rank();
    }

    /**
     * The extent of an axis.
     *
     * @throws IndexOutOfBoundsException if there is no such axis
     */
    default int size(int axis) {
        return shape().get(axis);
    }

    /**
     * The element of a tensor of rank 0.
     *
     * @throws IllegalArgumentException if the tensor's rank is another
     */
    default boolean at() {
        return element(RowMajor.find(shape()));
    }

    /**
     * The element of a tensor of rank 1; the methods below are the same for higher ranks.
     *
     * @throws IndexOutOfBoundsException if an index is outside its axis
     * @throws IllegalArgumentException if the tensor's rank is another
     */
    default boolean at(int i0) {
        long position = RowMajor.find(shape(), i0);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0);
        }
        return element(position);
    }

    /** The element of a tensor of rank 2. */
    default boolean at(int i0, int i1) {
        long position = RowMajor.find(shape(), i0, i1);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0, i1);
        }
        return element(position);
    }

    /** The element of a tensor of rank 3. */
    default boolean at(int i0, int i1, int i2) {
        long position = RowMajor.find(shape(), i0, i1, i2);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0, i1, i2);
        }
        return element(position);
    }

    /** The element of a tensor of rank 4. */
    default boolean at(int i0, int i1, int i2, int i3) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0, i1, i2, i3);
        }
        return element(position);
    }

    /** The element of a tensor of rank 5. */
    default boolean at(int i0, int i1, int i2, int i3, int i4) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3, i4);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0, i1, i2, i3, i4);
        }
        return element(position);
    }

    /** The element of a tensor of rank 6. */
    default boolean at(int i0, int i1, int i2, int i3, int i4, int i5) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3, i4, i5);
        if (position < 0) {
            throw RowMajor.outside(shape(), i0, i1, i2, i3, i4, i5);
        }
        return element(position);
    }

    /**
     * The element at a position of any rank.
     *
     * @throws IndexOutOfBoundsException if the position is outside the tensor
     * @throws IllegalArgumentException if the tensor's rank is another
     */
    default boolean at(Index i) {
        long position = RowMajor.find(shape(), i);
        if (position < 0) {
            throw RowMajor.outside(shape(), i.values);
        }
        return element(position);
    }

    /**
     * The element of a tensor of rank 1, or {@code outside} if an index is outside its axis: reads beyond the border of a
     * padded tensor. The methods below are the same for higher ranks.
     *
     * @throws IllegalArgumentException if the tensor's rank is another
     */
    default boolean atOr(boolean outside, int i0) {
        long position = RowMajor.find(shape(), i0);
        return position < 0 ? outside : element(position);
    }

    /** The element of a tensor of rank 2, or {@code outside} if an index is outside its axis. */
    default boolean atOr(boolean outside, int i0, int i1) {
        long position = RowMajor.find(shape(), i0, i1);
        return position < 0 ? outside : element(position);
    }

    /** The element of a tensor of rank 3, or {@code outside} if an index is outside its axis. */
    default boolean atOr(boolean outside, int i0, int i1, int i2) {
        long position = RowMajor.find(shape(), i0, i1, i2);
        return position < 0 ? outside : element(position);
    }

    /** The element of a tensor of rank 4, or {@code outside} if an index is outside its axis. */
    default boolean atOr(boolean outside, int i0, int i1, int i2, int i3) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3);
        return position < 0 ? outside : element(position);
    }

    /** The element of a tensor of rank 5, or {@code outside} if an index is outside its axis. */
    default boolean atOr(boolean outside, int i0, int i1, int i2, int i3, int i4) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3, i4);
        return position < 0 ? outside : element(position);
    }

    /** The element of a tensor of rank 6, or {@code outside} if an index is outside its axis. */
    default boolean atOr(boolean outside, int i0, int i1, int i2, int i3, int i4, int i5) {
        long position = RowMajor.find(shape(), i0, i1, i2, i3, i4, i5);
        return position < 0 ? outside : element(position);
    }

    /** The element at a position of any rank, or {@code outside} if the position is outside the tensor. */
    default boolean atOr(boolean outside, Index i) {
        long position = RowMajor.find(shape(), i);
        return position < 0 ? outside : element(position);
    }

    /** A copy of the elements in row-major order. */
    default boolean[] toArray() {
        boolean[] values = new boolean[RowMajor.count(shape())];
        for (int position = 0; position < values.length; position++) {
            values[position] = element(position);
        }
        return values;
    }
}

package dev.woodpecker.dsl;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * A list of {@code int}s, one for each axis: a position in a tensor of any rank, or a tensor's shape. Immutable.
 *
 * <p>With it a kernel is written once for every rank:
 *
 * {@snippet :
 * // softmax along one axis of a tensor of any rank
 * Tensor largest = tensor(x.shape().with(axis, 1), i -> max(x.size(axis), k -> x.at(i.with(axis, k))));
 * }
 *
 * <p>Axes count from 0 and are never negative. Wherever axes are given they must be distinct.
 */
public final class Index {

    /** The shape of an absent tensor: told from that of a scalar by identity. */
    static final Index ABSENT = new Index(new int[0]);

    final int[] values;

    /** Takes ownership of {@code values}. */
    Index(int[] values) {
        this.values = values;
    }

    /** The index with these values. {@code Index.of()} is the position in a scalar, and a scalar's shape. */
    public static Index of(int... values) {
        return new Index(values.clone());
    }

    /** The number of axes. */
    public int rank() {
        return values.length;
    }

    /**
     * The value at {@code axis}.
     *
     * @throws IndexOutOfBoundsException if there is no such axis
     */
    public int get(int axis) {
        if (axis < 0 || axis >= values.length) {
            throw noSuchAxis(axis);
        }
        return values[axis];
    }

    /** The product of the values: of a shape, the number of elements. 1 for rank 0. */
    public int product() {
        int product = 1;
        for (int value : values) {
            product = Math.multiplyExact(product, value);
        }
        return product;
    }

    /**
     * The values at {@code axes}, in the order given: {@code [a, b, c].pick(2, 0)} is {@code [c, a]}.
     *
     * @throws IndexOutOfBoundsException if there is no such axis
     */
    public Index pick(int... axes) {
        int[] picked = new int[axes.length];
        for (int j = 0; j < axes.length; j++) {
            picked[j] = get(axes[j]);
        }
        return new Index(picked);
    }

    /**
     * The values at all other axes: {@code [a, b, c].drop(1)} is {@code [a, c]}.
     *
     * @throws IndexOutOfBoundsException if there is no such axis
     * @throws IllegalArgumentException if an axis is given twice
     */
    public Index drop(int... axes) {
        boolean[] dropped = marked(axes, values.length);
        int[] kept = new int[values.length - axes.length];
        int next = 0;
        for (int axis = 0; axis < values.length; axis++) {
            if (!dropped[axis]) {
                kept[next++] = values[axis];
            }
        }
        return new Index(kept);
    }

    /**
     * The index of rank {@code rank() + inserted.rank()} that has {@code inserted} at {@code axes} and the values of this
     * index, in order, at the other axes: {@code [a, b].weave([x, y], 0, 2)} is {@code [x, a, y, b]}. It undoes
     * {@link #drop} and {@link #pick}: {@code i.drop(axes).weave(i.pick(axes), axes)} equals {@code i}.
     *
     * @throws IndexOutOfBoundsException if an axis is outside the result
     * @throws IllegalArgumentException if an axis is given twice, or the number of axes is not {@code inserted.rank()}
     */
    public Index weave(Index inserted, int... axes) {
        if (axes.length != inserted.rank()) {
            throw new IllegalArgumentException("weave: " + inserted.rank() + " values " + inserted + " for "
                    + axes.length + " axes " + Arrays.toString(axes));
        }
        int[] woven = new int[values.length + axes.length];
        boolean[] taken = marked(axes, woven.length);
        for (int j = 0; j < axes.length; j++) {
            woven[axes[j]] = inserted.values[j];
        }
        int next = 0;
        for (int axis = 0; axis < woven.length; axis++) {
            if (!taken[axis]) {
                woven[axis] = values[next++];
            }
        }
        return new Index(woven);
    }

    /**
     * This index with {@code value} at {@code axis}.
     *
     * @throws IndexOutOfBoundsException if there is no such axis
     */
    public Index with(int axis, int value) {
        if (axis < 0 || axis >= values.length) {
            throw noSuchAxis(axis);
        }
        int[] changed = values.clone();
        changed[axis] = value;
        return new Index(changed);
    }

    /** The values of this index and then those of {@code other}. */
    public Index concat(Index other) {
        int[] joined = Arrays.copyOf(values, values.length + other.values.length);
        System.arraycopy(other.values, 0, joined, values.length, other.values.length);
        return new Index(joined);
    }

    /**
     * The values at the axes {@code 0} to {@code count - 1}.
     *
     * @throws IndexOutOfBoundsException if {@code count} is negative or greater than {@link #rank()}
     */
    public Index first(int count) {
        if (count < 0 || count > values.length) {
            throw noSuchAxis(count);
        }
        return new Index(Arrays.copyOf(values, count));
    }

    /**
     * The values at the axes {@code axis} to {@code rank() - 1}; of rank 0 for {@code axis == rank()}.
     *
     * @throws IndexOutOfBoundsException if {@code axis} is negative or greater than {@link #rank()}
     */
    public Index from(int axis) {
        if (axis < 0 || axis > values.length) {
            throw noSuchAxis(axis);
        }
        return new Index(Arrays.copyOfRange(values, axis, values.length));
    }

    /**
     * The index of the same rank that has {@code byAxis(axis)} at each axis:
     * {@code i.map(axis -> i.get(axis) - pads[axis])} is {@code i} less {@code pads}.
     */
    public Index map(IntUnaryOperator byAxis) {
        int[] mapped = new int[values.length];
        for (int axis = 0; axis < mapped.length; axis++) {
            mapped[axis] = byAxis.applyAsInt(axis);
        }
        return new Index(mapped);
    }

    /**
     * The shape to which this shape and {@code other} broadcast by NumPy's rule: aligned at the last axis, missing axes
     * taken as 1, and extents equal or one of them 1.
     *
     * @throws IllegalArgumentException if the shapes do not broadcast
     */
    public Index broadcast(Index other) {
        int rank = Math.max(values.length, other.values.length);
        int[] result = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            int a = alignedExtent(axis, rank);
            int b = other.alignedExtent(axis, rank);
            if (a != b && a != 1 && b != 1) {
                throw new IllegalArgumentException(
                        "shapes " + this + " and " + other + " do not broadcast: axis " + axis + " of the result is "
                                + a + " in one and " + b + " in the other; they must be equal, or one of them 1");
            }
            result[axis] = a == 1 ? b : a;
        }
        return new Index(result);
    }

    /**
     * For this position in a broadcast result, the position in an operand of shape {@code shape}: aligned at the last
     * axis, and 0 where the operand's extent is 1. The counterpart of {@link #broadcast}:
     *
     * {@snippet :
     * tensor(x.shape().broadcast(y.shape()), i -> x.at(i.within(x.shape())) * y.at(i.within(y.shape())))
     * }
     *
     * @throws IllegalArgumentException if {@code shape} has a higher rank than this index
     */
    public Index within(Index shape) {
        int skipped = values.length - shape.values.length;
        if (skipped < 0) {
            throw new IllegalArgumentException(
                    "within: shape " + shape + " has a higher rank than index " + this + " of the broadcast result");
        }
        int[] result = new int[shape.values.length];
        for (int axis = 0; axis < result.length; axis++) {
            result[axis] = shape.values[axis] == 1 ? 0 : values[skipped + axis];
        }
        return new Index(result);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Index index && Arrays.equals(values, index.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    /** The values as {@code [1, 64, 56, 56]}. */
    @Override
    public String toString() {
        return Arrays.toString(values);
    }

    private int alignedExtent(int axis, int rank) {
        int own = axis - (rank - values.length);
        return own < 0 ? 1 : values[own];
    }

    private static boolean[] marked(int[] axes, int rank) {
        boolean[] marked = new boolean[rank];
        for (int axis : axes) {
            if (axis < 0 || axis >= rank) {
                throw new IndexOutOfBoundsException("axis " + axis + " in " + Arrays.toString(axes)
                        + " is outside rank " + rank + ": allowed " + range(rank));
            }
            if (marked[axis]) {
                throw new IllegalArgumentException("axis " + axis + " is given twice in " + Arrays.toString(axes));
            }
            marked[axis] = true;
        }
        return marked;
    }

    private IndexOutOfBoundsException noSuchAxis(int axis) {
        return new IndexOutOfBoundsException("axis " + axis + " is outside " + this + " of rank " + values.length
                + ": allowed " + range(values.length));
    }

    /** The allowed values below {@code extent}, in words. */
    static String range(int extent) {
        return extent == 0 ? "none" : "0 to " + (extent - 1);
    }
}

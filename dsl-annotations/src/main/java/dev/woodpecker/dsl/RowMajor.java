package dev.woodpecker.dsl;

/** Where an element lies in row-major order, with the checks of rank and bounds that every read makes. */
final class RowMajor {

    private static final long OUTSIDE = -1;

    private RowMajor() {}

    /** The position of the element, or a negative number if an index is outside its axis. */
    static long find(Index shape) {
        return shape.values.length == 0 ? 0 : wrongRank(shape, 0);
    }

    static long find(Index shape, int i0) {
        int[] n = shape.values;
        if (n.length != 1) {
            return wrongRank(shape, 1);
        }
        if (i0 < 0 || i0 >= n[0]) {
            return OUTSIDE;
        }
        return i0;
    }

    static long find(Index shape, int i0, int i1) {
        int[] n = shape.values;
        if (n.length != 2) {
            return wrongRank(shape, 2);
        }
        if (i0 < 0 || i0 >= n[0] || i1 < 0 || i1 >= n[1]) {
            return OUTSIDE;
        }
        return (long) i0 * n[1] + i1;
    }

    static long find(Index shape, int i0, int i1, int i2) {
        int[] n = shape.values;
        if (n.length != 3) {
            return wrongRank(shape, 3);
        }
        if (i0 < 0 || i0 >= n[0] || i1 < 0 || i1 >= n[1] || i2 < 0 || i2 >= n[2]) {
            return OUTSIDE;
        }
        return ((long) i0 * n[1] + i1) * n[2] + i2;
    }

    static long find(Index shape, int i0, int i1, int i2, int i3) {
        int[] n = shape.values;
        if (n.length != 4) {
            return wrongRank(shape, 4);
        }
        if (i0 < 0 || i0 >= n[0] || i1 < 0 || i1 >= n[1] || i2 < 0 || i2 >= n[2] || i3 < 0 || i3 >= n[3]) {
            return OUTSIDE;
        }
        return (((long) i0 * n[1] + i1) * n[2] + i2) * n[3] + i3;
    }

    static long find(Index shape, int i0, int i1, int i2, int i3, int i4) {
        int[] n = shape.values;
        if (n.length != 5) {
            return wrongRank(shape, 5);
        }
        if (i0 < 0
                || i0 >= n[0]
                || i1 < 0
                || i1 >= n[1]
                || i2 < 0
                || i2 >= n[2]
                || i3 < 0
                || i3 >= n[3]
                || i4 < 0
                || i4 >= n[4]) {
            return OUTSIDE;
        }
        return ((((long) i0 * n[1] + i1) * n[2] + i2) * n[3] + i3) * n[4] + i4;
    }

    static long find(Index shape, int i0, int i1, int i2, int i3, int i4, int i5) {
        int[] n = shape.values;
        if (n.length != 6) {
            return wrongRank(shape, 6);
        }
        if (i0 < 0
                || i0 >= n[0]
                || i1 < 0
                || i1 >= n[1]
                || i2 < 0
                || i2 >= n[2]
                || i3 < 0
                || i3 >= n[3]
                || i4 < 0
                || i4 >= n[4]
                || i5 < 0
                || i5 >= n[5]) {
            return OUTSIDE;
        }
        return (((((long) i0 * n[1] + i1) * n[2] + i2) * n[3] + i3) * n[4] + i4) * n[5] + i5;
    }

    static long find(Index shape, Index i) {
        int[] n = shape.values;
        int[] at = i.values;
        if (n.length != at.length) {
            return wrongRank(shape, at.length);
        }
        long position = 0;
        for (int axis = 0; axis < n.length; axis++) {
            if (at[axis] < 0 || at[axis] >= n[axis]) {
                return OUTSIDE;
            }
            position = position * n[axis] + at[axis];
        }
        return position;
    }

    /** The number of elements of a tensor. */
    static int count(Index shape) {
        for (int axis = 0; axis < shape.values.length; axis++) {
            if (shape.values[axis] < 0) {
                throw new IllegalArgumentException("axis " + axis + " of shape " + shape + " has a negative extent");
            }
        }
        try {
            return shape.product();
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException(
                    "shape " + shape + " has 2^31 elements or more, too many to run a kernel as plain Java", tooLarge);
        }
    }

    /** Checks that an array of {@code length} elements fills {@code shape}. */
    static void requireFilled(Index shape, int length) {
        if (count(shape) != length) {
            throw new IllegalArgumentException(
                    length + " values do not fill shape " + shape + ", which has " + count(shape) + " elements");
        }
    }

    static IndexOutOfBoundsException outside(Index shape, int... i) {
        for (int axis = 0; axis < i.length; axis++) {
            int extent = shape.values[axis];
            if (i[axis] < 0 || i[axis] >= extent) {
                return new IndexOutOfBoundsException(
                        "index " + i[axis] + " is outside axis " + axis + " of a tensor of shape " + shape
                                + ": allowed " + Index.range(extent) + " (read at " + Index.of(i) + ")");
            }
        }
        throw new AssertionError("position " + Index.of(i) + " is inside shape " + shape);
    }

    /** An absent tensor may be read by any number of indices: all its elements are the one at position 0. */
    @SuppressWarnings("ReferenceEquality")
    private static long wrongRank(Index shape, int indices) {
        if (shape == Index.ABSENT) {
            return 0;
        }
        throw new IllegalArgumentException("a tensor of shape " + shape + " has rank " + shape.values.length
                + " and is read with " + indices + (indices == 1 ? " index" : " indices"));
    }
}

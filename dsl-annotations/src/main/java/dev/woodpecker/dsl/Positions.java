package dev.woodpecker.dsl;

/** All positions in a shape of any rank, in row-major order. */
final class Positions {

    private final int[] shape;
    private final int[] next;
    private boolean exhausted;

    Positions(Index shape) {
        this.shape = shape.values;
        this.next = new int[this.shape.length];
        this.exhausted = RowMajor.count(shape) == 0;
    }

    boolean hasNext() {
        return !exhausted;
    }

    Index next() {
        Index position = new Index(next.clone());
        int axis = next.length - 1;
        while (axis >= 0 && ++next[axis] == shape[axis]) {
            next[axis--] = 0;
        }
        exhausted = axis < 0;
        return position;
    }
}

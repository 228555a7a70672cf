package dev.woodpecker.compiler.interp;

import java.util.List;

/**
 * The elements of a box of a tensor and where each goes: axes along which it has one element are none of the target's.
 *
 * @param start where the first goes
 * @param corner where it comes from
 */
record BoxElements(List<Integer> box, Memory target, int start, Memory source, List<Long> corner) {
    interface Element {
        /** {@code place} is negative beyond the tensor. */
        void at(int offset, int place);
    }

    void forEach(Element action) {
        int elements = box.stream().reduce(1, Math::multiplyExact);
        int rows = elements / box.getLast();
        for (int e = 0; e < elements; e++) {
            long[] position = new long[box.size()];
            int rest = e;
            for (int axis = position.length - 1; axis >= 0; axis--) {
                position[axis] = rest % box.get(axis);
                rest /= box.get(axis);
            }
            int offset = target.offset(start, new long[] {e / box.getLast() % rows, e % box.getLast()});
            action.at(offset, place(position));
        }
    }

    private int place(long[] position) {
        long place = 0;
        for (int axis = 0; axis < position.length; axis++) {
            long index = corner.get(axis) + position[axis];
            if (index < 0 || index >= source.extent(axis)) {
                return -1;
            }
            place = place * source.extent(axis) + index;
        }
        return source.checked(place);
    }
}

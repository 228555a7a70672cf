package dev.woodpecker.dsl;

/** Checks of the extents that a kernel gives to tensors and reductions. */
final class Extents {

    private Extents() {}

    /** The shape of a tensor to be built; none of its extents may be negative. */
    static Index shape(int... extents) {
        Index shape = new Index(extents);
        RowMajor.count(shape);
        return shape;
    }

    /** Rejects negative extents of the reduction {@code what}. */
    static void extents(String what, int... extents) {
        for (int extent : extents) {
            if (extent < 0) {
                throw new IllegalArgumentException(
                        what + " over extents " + new Index(extents) + ": none may be negative");
            }
        }
    }

    /** Rejects an extent below 1 of the search {@code what}, which has no result without elements. */
    static void nonEmpty(String what, int extent) {
        if (extent < 1) {
            throw new IllegalArgumentException(
                    what + " over extent " + extent + ": there must be at least one element");
        }
    }
}

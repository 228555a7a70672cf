package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Extents.extents;
import static dev.woodpecker.dsl.Extents.shape;

/**
 * The vocabulary of kernels on {@code boolean} elements: what {@link Dsl} has for {@code float}. Written with the class
 * name, as {@code Masks.tensor(...)}.
 *
 * {@snippet :
 * // n positions; returns [n, n]: which positions each one may attend to
 * return Masks.tensor(n, n, (i, j) -> j <= i);
 * }
 */
public final class Masks {

    private Masks() {}

    /**
     * A tensor of rank 0: one element. The methods below do the same for higher ranks: {@code element} gives the element
     * at each position, and is called for all of them when the first is read.
     */
    public static MaskTensor tensor(MaskElement.Rank0 element) {
        return new StageMaskTensor(shape(), () -> MaskLoops.fill(1, 1, 1, 1, 1, 1, (_, _, _, _, _, _) -> element.at()));
    }

    /**
     * A tensor of rank 1 with extent {@code n0}.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static MaskTensor tensor(int n0, MaskElement.Rank1 element) {
        return new StageMaskTensor(
                shape(n0), () -> MaskLoops.fill(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0)));
    }

    /** A tensor of rank 2. */
    public static MaskTensor tensor(int n0, int n1, MaskElement.Rank2 element) {
        return new StageMaskTensor(
                shape(n0, n1), () -> MaskLoops.fill(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1)));
    }

    /** A tensor of rank 3. */
    public static MaskTensor tensor(int n0, int n1, int n2, MaskElement.Rank3 element) {
        return new StageMaskTensor(
                shape(n0, n1, n2),
                () -> MaskLoops.fill(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2)));
    }

    /** A tensor of rank 4. */
    public static MaskTensor tensor(int n0, int n1, int n2, int n3, MaskElement.Rank4 element) {
        return new StageMaskTensor(
                shape(n0, n1, n2, n3),
                () -> MaskLoops.fill(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3)));
    }

    /** A tensor of rank 5. */
    public static MaskTensor tensor(int n0, int n1, int n2, int n3, int n4, MaskElement.Rank5 element) {
        return new StageMaskTensor(
                shape(n0, n1, n2, n3, n4),
                () -> MaskLoops.fill(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4)));
    }

    /** A tensor of rank 6. */
    public static MaskTensor tensor(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        return new StageMaskTensor(
                shape(n0, n1, n2, n3, n4, n5),
                () -> MaskLoops.fill(
                        n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5)));
    }

    /**
     * A tensor of any rank.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static MaskTensor tensor(Index shape, MaskElement.AnyRank element) {
        RowMajor.count(shape);
        return new StageMaskTensor(shape, () -> MaskLoops.fill(shape, element));
    }

    /**
     * Whether {@code element} is true at one of the positions 0 to {@code n0 - 1}; false if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static boolean any(int n0, MaskElement.Rank1 element) {
        extents("any", n0);
        return MaskLoops.any(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over two axes, the last one innermost. */
    public static boolean any(int n0, int n1, MaskElement.Rank2 element) {
        extents("any", n0, n1);
        return MaskLoops.any(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over three axes, the last one innermost. */
    public static boolean any(int n0, int n1, int n2, MaskElement.Rank3 element) {
        extents("any", n0, n1, n2);
        return MaskLoops.any(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over four axes, the last one innermost. */
    public static boolean any(int n0, int n1, int n2, int n3, MaskElement.Rank4 element) {
        extents("any", n0, n1, n2, n3);
        return MaskLoops.any(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over five axes, the last one innermost. */
    public static boolean any(int n0, int n1, int n2, int n3, int n4, MaskElement.Rank5 element) {
        extents("any", n0, n1, n2, n3, n4);
        return MaskLoops.any(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over six axes, the last one innermost. */
    public static boolean any(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        extents("any", n0, n1, n2, n3, n4, n5);
        return MaskLoops.any(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #any(int, MaskElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static boolean any(Index over, MaskElement.AnyRank element) {
        return MaskLoops.any(over, element);
    }

    /**
     * Whether {@code element} is true at all positions 0 to {@code n0 - 1}; true if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static boolean all(int n0, MaskElement.Rank1 element) {
        extents("all", n0);
        return MaskLoops.all(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over two axes, the last one innermost. */
    public static boolean all(int n0, int n1, MaskElement.Rank2 element) {
        extents("all", n0, n1);
        return MaskLoops.all(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over three axes, the last one innermost. */
    public static boolean all(int n0, int n1, int n2, MaskElement.Rank3 element) {
        extents("all", n0, n1, n2);
        return MaskLoops.all(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over four axes, the last one innermost. */
    public static boolean all(int n0, int n1, int n2, int n3, MaskElement.Rank4 element) {
        extents("all", n0, n1, n2, n3);
        return MaskLoops.all(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over five axes, the last one innermost. */
    public static boolean all(int n0, int n1, int n2, int n3, int n4, MaskElement.Rank5 element) {
        extents("all", n0, n1, n2, n3, n4);
        return MaskLoops.all(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over six axes, the last one innermost. */
    public static boolean all(int n0, int n1, int n2, int n3, int n4, int n5, MaskElement.Rank6 element) {
        extents("all", n0, n1, n2, n3, n4, n5);
        return MaskLoops.all(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #all(int, MaskElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static boolean all(Index over, MaskElement.AnyRank element) {
        return MaskLoops.all(over, element);
    }
}

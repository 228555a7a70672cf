package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Extents.extents;
import static dev.woodpecker.dsl.Extents.nonEmpty;
import static dev.woodpecker.dsl.Extents.shape;

/**
 * The vocabulary of kernels on integer elements: what {@link Dsl} has for {@code float}. Written with the class name, as
 * {@code Ints.tensor(...)}.
 *
 * {@snippet :
 * // x: [m, n]; returns [m]: the column of each row's greatest element
 * return Ints.tensor(x.size(0), i -> argMax(x.size(1), j -> x.at(i, j)));
 * }
 *
 * <p>Elements are {@code long} here and have the tensor's own integer type in generated code: where a result does not fit
 * that type, its low bits are kept.
 */
public final class Ints {

    private Ints() {}

    /**
     * A tensor of rank 0: one element. The methods below do the same for higher ranks: {@code element} gives the element
     * at each position, and is called for all of them when the first is read.
     */
    public static IntTensor tensor(IntElement.Rank0 element) {
        return new StageIntTensor(shape(), () -> IntLoops.fill(1, 1, 1, 1, 1, 1, (_, _, _, _, _, _) -> element.at()));
    }

    /**
     * A tensor of rank 1 with extent {@code n0}.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static IntTensor tensor(int n0, IntElement.Rank1 element) {
        return new StageIntTensor(
                shape(n0), () -> IntLoops.fill(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0)));
    }

    /** A tensor of rank 2. */
    public static IntTensor tensor(int n0, int n1, IntElement.Rank2 element) {
        return new StageIntTensor(
                shape(n0, n1), () -> IntLoops.fill(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1)));
    }

    /** A tensor of rank 3. */
    public static IntTensor tensor(int n0, int n1, int n2, IntElement.Rank3 element) {
        return new StageIntTensor(
                shape(n0, n1, n2),
                () -> IntLoops.fill(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2)));
    }

    /** A tensor of rank 4. */
    public static IntTensor tensor(int n0, int n1, int n2, int n3, IntElement.Rank4 element) {
        return new StageIntTensor(
                shape(n0, n1, n2, n3),
                () -> IntLoops.fill(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3)));
    }

    /** A tensor of rank 5. */
    public static IntTensor tensor(int n0, int n1, int n2, int n3, int n4, IntElement.Rank5 element) {
        return new StageIntTensor(
                shape(n0, n1, n2, n3, n4),
                () -> IntLoops.fill(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4)));
    }

    /** A tensor of rank 6. */
    public static IntTensor tensor(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        return new StageIntTensor(
                shape(n0, n1, n2, n3, n4, n5),
                () -> IntLoops.fill(
                        n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5)));
    }

    /**
     * A tensor of any rank.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static IntTensor tensor(Index shape, IntElement.AnyRank element) {
        RowMajor.count(shape);
        return new StageIntTensor(shape, () -> IntLoops.fill(shape, element));
    }

    /**
     * The sum of {@code element} over positions 0 to {@code n0 - 1}.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static long sum(int n0, IntElement.Rank1 element) {
        extents("sum", n0);
        return IntLoops.sum(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over two axes, the last one innermost. */
    public static long sum(int n0, int n1, IntElement.Rank2 element) {
        extents("sum", n0, n1);
        return IntLoops.sum(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over three axes, the last one innermost. */
    public static long sum(int n0, int n1, int n2, IntElement.Rank3 element) {
        extents("sum", n0, n1, n2);
        return IntLoops.sum(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over four axes, the last one innermost. */
    public static long sum(int n0, int n1, int n2, int n3, IntElement.Rank4 element) {
        extents("sum", n0, n1, n2, n3);
        return IntLoops.sum(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over five axes, the last one innermost. */
    public static long sum(int n0, int n1, int n2, int n3, int n4, IntElement.Rank5 element) {
        extents("sum", n0, n1, n2, n3, n4);
        return IntLoops.sum(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over six axes, the last one innermost. */
    public static long sum(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        extents("sum", n0, n1, n2, n3, n4, n5);
        return IntLoops.sum(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #sum(int, IntElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static long sum(Index over, IntElement.AnyRank element) {
        return IntLoops.sum(over, element);
    }

    /**
     * The product of {@code element} over positions 0 to {@code n0 - 1}.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static long prod(int n0, IntElement.Rank1 element) {
        extents("prod", n0);
        return IntLoops.prod(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over two axes, the last one innermost. */
    public static long prod(int n0, int n1, IntElement.Rank2 element) {
        extents("prod", n0, n1);
        return IntLoops.prod(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over three axes, the last one innermost. */
    public static long prod(int n0, int n1, int n2, IntElement.Rank3 element) {
        extents("prod", n0, n1, n2);
        return IntLoops.prod(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over four axes, the last one innermost. */
    public static long prod(int n0, int n1, int n2, int n3, IntElement.Rank4 element) {
        extents("prod", n0, n1, n2, n3);
        return IntLoops.prod(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over five axes, the last one innermost. */
    public static long prod(int n0, int n1, int n2, int n3, int n4, IntElement.Rank5 element) {
        extents("prod", n0, n1, n2, n3, n4);
        return IntLoops.prod(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over six axes, the last one innermost. */
    public static long prod(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        extents("prod", n0, n1, n2, n3, n4, n5);
        return IntLoops.prod(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #prod(int, IntElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static long prod(Index over, IntElement.AnyRank element) {
        return IntLoops.prod(over, element);
    }

    /**
     * The greatest {@code element} over positions 0 to {@code n0 - 1}; the type's least value if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static long max(int n0, IntElement.Rank1 element) {
        extents("max", n0);
        return IntLoops.max(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over two axes, the last one innermost. */
    public static long max(int n0, int n1, IntElement.Rank2 element) {
        extents("max", n0, n1);
        return IntLoops.max(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over three axes, the last one innermost. */
    public static long max(int n0, int n1, int n2, IntElement.Rank3 element) {
        extents("max", n0, n1, n2);
        return IntLoops.max(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over four axes, the last one innermost. */
    public static long max(int n0, int n1, int n2, int n3, IntElement.Rank4 element) {
        extents("max", n0, n1, n2, n3);
        return IntLoops.max(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over five axes, the last one innermost. */
    public static long max(int n0, int n1, int n2, int n3, int n4, IntElement.Rank5 element) {
        extents("max", n0, n1, n2, n3, n4);
        return IntLoops.max(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over six axes, the last one innermost. */
    public static long max(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        extents("max", n0, n1, n2, n3, n4, n5);
        return IntLoops.max(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #max(int, IntElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static long max(Index over, IntElement.AnyRank element) {
        return IntLoops.max(over, element);
    }

    /**
     * The least {@code element} over positions 0 to {@code n0 - 1}; the type's greatest value if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static long min(int n0, IntElement.Rank1 element) {
        extents("min", n0);
        return IntLoops.min(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over two axes, the last one innermost. */
    public static long min(int n0, int n1, IntElement.Rank2 element) {
        extents("min", n0, n1);
        return IntLoops.min(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over three axes, the last one innermost. */
    public static long min(int n0, int n1, int n2, IntElement.Rank3 element) {
        extents("min", n0, n1, n2);
        return IntLoops.min(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over four axes, the last one innermost. */
    public static long min(int n0, int n1, int n2, int n3, IntElement.Rank4 element) {
        extents("min", n0, n1, n2, n3);
        return IntLoops.min(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over five axes, the last one innermost. */
    public static long min(int n0, int n1, int n2, int n3, int n4, IntElement.Rank5 element) {
        extents("min", n0, n1, n2, n3, n4);
        return IntLoops.min(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over six axes, the last one innermost. */
    public static long min(int n0, int n1, int n2, int n3, int n4, int n5, IntElement.Rank6 element) {
        extents("min", n0, n1, n2, n3, n4, n5);
        return IntLoops.min(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #min(int, IntElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static long min(Index over, IntElement.AnyRank element) {
        return IntLoops.min(over, element);
    }

    /**
     * The position of the greatest element, of the first among equals.
     *
     * @throws IllegalArgumentException if the extent is not positive
     */
    public static int argMax(int n0, IntElement.Rank1 element) {
        nonEmpty("argMax", n0);
        int position = 0;
        long best = element.at(0);
        for (int i0 = 1; i0 < n0; i0++) {
            long candidate = element.at(i0);
            if (candidate > best) {
                best = candidate;
                position = i0;
            }
        }
        return position;
    }

    /**
     * The position of the least element, of the first among equals.
     *
     * @throws IllegalArgumentException if the extent is not positive
     */
    public static int argMin(int n0, IntElement.Rank1 element) {
        nonEmpty("argMin", n0);
        int position = 0;
        long best = element.at(0);
        for (int i0 = 1; i0 < n0; i0++) {
            long candidate = element.at(i0);
            if (candidate < best) {
                best = candidate;
                position = i0;
            }
        }
        return position;
    }

    /**
     * The products of the four lowest bytes of both, unsigned ones of {@code a} and signed ones of {@code b}, added up:
     * what processors have an instruction for.
     *
     * <pre>
     * dot4(a3 a2 a1 a0, b3 b2 b1 b0) = a3 * b3 + a2 * b2 + a1 * b1 + a0 * b0
     * </pre>
     */
    public static long dot4(long a, long b) {
        return (a & 0xff) * (byte) b
                + (a >> 8 & 0xff) * (byte) (b >> 8)
                + (a >> 16 & 0xff) * (byte) (b >> 16)
                + (a >> 24 & 0xff) * (byte) (b >> 24);
    }
}

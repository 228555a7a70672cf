package dev.woodpecker.dsl;

import static dev.woodpecker.dsl.Extents.extents;
import static dev.woodpecker.dsl.Extents.nonEmpty;
import static dev.woodpecker.dsl.Extents.shape;

/**
 * The vocabulary of kernels on {@code float} elements, imported statically: building tensors, reducing, and mathematics.
 * {@link Ints} and {@link Masks} have the builders and reductions for other elements.
 *
 * {@snippet :
 * // x: [m, n]; returns [m, n]: each row less its greatest element
 * Tensor greatest = tensor(x.size(0), i -> max(x.size(1), j -> x.at(i, j)));
 * return tensor(x.size(0), x.size(1), (i, j) -> x.at(i, j) - greatest.at(i));
 * }
 *
 * <p>The greater and the lesser of two scalars are {@code Math.max} and {@code Math.min}: with {@code Dsl.*} imported,
 * {@code max} is the reduction. A method named {@code max} in the class of the kernel hides it: write {@code Dsl.max} then.
 */
public final class Dsl {

    private Dsl() {}

    /**
     * A tensor of rank 0: one element. The methods below do the same for higher ranks: {@code element} gives the element
     * at each position, and is called for all of them when the first is read.
     */
    public static Tensor tensor(FloatElement.Rank0 element) {
        return new StageTensor(shape(), () -> FloatLoops.fill(1, 1, 1, 1, 1, 1, (_, _, _, _, _, _) -> element.at()));
    }

    /**
     * A tensor of rank 1 with extent {@code n0}.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static Tensor tensor(int n0, FloatElement.Rank1 element) {
        return new StageTensor(
                shape(n0), () -> FloatLoops.fill(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0)));
    }

    /** A tensor of rank 2. */
    public static Tensor tensor(int n0, int n1, FloatElement.Rank2 element) {
        return new StageTensor(
                shape(n0, n1), () -> FloatLoops.fill(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1)));
    }

    /** A tensor of rank 3. */
    public static Tensor tensor(int n0, int n1, int n2, FloatElement.Rank3 element) {
        return new StageTensor(
                shape(n0, n1, n2),
                () -> FloatLoops.fill(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2)));
    }

    /** A tensor of rank 4. */
    public static Tensor tensor(int n0, int n1, int n2, int n3, FloatElement.Rank4 element) {
        return new StageTensor(
                shape(n0, n1, n2, n3),
                () -> FloatLoops.fill(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3)));
    }

    /** A tensor of rank 5. */
    public static Tensor tensor(int n0, int n1, int n2, int n3, int n4, FloatElement.Rank5 element) {
        return new StageTensor(
                shape(n0, n1, n2, n3, n4),
                () -> FloatLoops.fill(
                        1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4)));
    }

    /** A tensor of rank 6. */
    public static Tensor tensor(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        return new StageTensor(
                shape(n0, n1, n2, n3, n4, n5),
                () -> FloatLoops.fill(
                        n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5)));
    }

    /**
     * A tensor of any rank.
     *
     * @throws IllegalArgumentException if an extent is negative
     */
    public static Tensor tensor(Index shape, FloatElement.AnyRank element) {
        RowMajor.count(shape);
        return new StageTensor(shape, () -> FloatLoops.fill(shape, element));
    }

    /**
     * The sum of {@code element} over positions 0 to {@code n0 - 1}, added up in this order in one {@code float} that
     * starts at 0.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static float sum(int n0, FloatElement.Rank1 element) {
        extents("sum", n0);
        return FloatLoops.sum(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over two axes, the last one innermost. */
    public static float sum(int n0, int n1, FloatElement.Rank2 element) {
        extents("sum", n0, n1);
        return FloatLoops.sum(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over three axes, the last one innermost. */
    public static float sum(int n0, int n1, int n2, FloatElement.Rank3 element) {
        extents("sum", n0, n1, n2);
        return FloatLoops.sum(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over four axes, the last one innermost. */
    public static float sum(int n0, int n1, int n2, int n3, FloatElement.Rank4 element) {
        extents("sum", n0, n1, n2, n3);
        return FloatLoops.sum(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over five axes, the last one innermost. */
    public static float sum(int n0, int n1, int n2, int n3, int n4, FloatElement.Rank5 element) {
        extents("sum", n0, n1, n2, n3, n4);
        return FloatLoops.sum(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over six axes, the last one innermost. */
    public static float sum(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        extents("sum", n0, n1, n2, n3, n4, n5);
        return FloatLoops.sum(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #sum(int, FloatElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static float sum(Index over, FloatElement.AnyRank element) {
        return FloatLoops.sum(over, element);
    }

    /**
     * The product of {@code element} over positions 0 to {@code n0 - 1}, multiplied in this order in one {@code float} that
     * starts at 1.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static float prod(int n0, FloatElement.Rank1 element) {
        extents("prod", n0);
        return FloatLoops.prod(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over two axes, the last one innermost. */
    public static float prod(int n0, int n1, FloatElement.Rank2 element) {
        extents("prod", n0, n1);
        return FloatLoops.prod(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over three axes, the last one innermost. */
    public static float prod(int n0, int n1, int n2, FloatElement.Rank3 element) {
        extents("prod", n0, n1, n2);
        return FloatLoops.prod(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over four axes, the last one innermost. */
    public static float prod(int n0, int n1, int n2, int n3, FloatElement.Rank4 element) {
        extents("prod", n0, n1, n2, n3);
        return FloatLoops.prod(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over five axes, the last one innermost. */
    public static float prod(int n0, int n1, int n2, int n3, int n4, FloatElement.Rank5 element) {
        extents("prod", n0, n1, n2, n3, n4);
        return FloatLoops.prod(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over six axes, the last one innermost. */
    public static float prod(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        extents("prod", n0, n1, n2, n3, n4, n5);
        return FloatLoops.prod(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #prod(int, FloatElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static float prod(Index over, FloatElement.AnyRank element) {
        return FloatLoops.prod(over, element);
    }

    /**
     * The greatest {@code element} over positions 0 to {@code n0 - 1}: NaN if one is NaN, minus infinity if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static float max(int n0, FloatElement.Rank1 element) {
        extents("max", n0);
        return FloatLoops.max(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over two axes, the last one innermost. */
    public static float max(int n0, int n1, FloatElement.Rank2 element) {
        extents("max", n0, n1);
        return FloatLoops.max(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over three axes, the last one innermost. */
    public static float max(int n0, int n1, int n2, FloatElement.Rank3 element) {
        extents("max", n0, n1, n2);
        return FloatLoops.max(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over four axes, the last one innermost. */
    public static float max(int n0, int n1, int n2, int n3, FloatElement.Rank4 element) {
        extents("max", n0, n1, n2, n3);
        return FloatLoops.max(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over five axes, the last one innermost. */
    public static float max(int n0, int n1, int n2, int n3, int n4, FloatElement.Rank5 element) {
        extents("max", n0, n1, n2, n3, n4);
        return FloatLoops.max(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over six axes, the last one innermost. */
    public static float max(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        extents("max", n0, n1, n2, n3, n4, n5);
        return FloatLoops.max(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #max(int, FloatElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static float max(Index over, FloatElement.AnyRank element) {
        return FloatLoops.max(over, element);
    }

    /**
     * The least {@code element} over positions 0 to {@code n0 - 1}: NaN if one is NaN, infinity if there is none.
     *
     * @throws IllegalArgumentException if the extent is negative
     */
    public static float min(int n0, FloatElement.Rank1 element) {
        extents("min", n0);
        return FloatLoops.min(1, 1, 1, 1, 1, n0, (_, _, _, _, _, i0) -> element.at(i0));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over two axes, the last one innermost. */
    public static float min(int n0, int n1, FloatElement.Rank2 element) {
        extents("min", n0, n1);
        return FloatLoops.min(1, 1, 1, 1, n0, n1, (_, _, _, _, i0, i1) -> element.at(i0, i1));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over three axes, the last one innermost. */
    public static float min(int n0, int n1, int n2, FloatElement.Rank3 element) {
        extents("min", n0, n1, n2);
        return FloatLoops.min(1, 1, 1, n0, n1, n2, (_, _, _, i0, i1, i2) -> element.at(i0, i1, i2));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over four axes, the last one innermost. */
    public static float min(int n0, int n1, int n2, int n3, FloatElement.Rank4 element) {
        extents("min", n0, n1, n2, n3);
        return FloatLoops.min(1, 1, n0, n1, n2, n3, (_, _, i0, i1, i2, i3) -> element.at(i0, i1, i2, i3));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over five axes, the last one innermost. */
    public static float min(int n0, int n1, int n2, int n3, int n4, FloatElement.Rank5 element) {
        extents("min", n0, n1, n2, n3, n4);
        return FloatLoops.min(1, n0, n1, n2, n3, n4, (_, i0, i1, i2, i3, i4) -> element.at(i0, i1, i2, i3, i4));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over six axes, the last one innermost. */
    public static float min(int n0, int n1, int n2, int n3, int n4, int n5, FloatElement.Rank6 element) {
        extents("min", n0, n1, n2, n3, n4, n5);
        return FloatLoops.min(n0, n1, n2, n3, n4, n5, (i0, i1, i2, i3, i4, i5) -> element.at(i0, i1, i2, i3, i4, i5));
    }

    /** As {@link #min(int, FloatElement.Rank1)}, over all positions in {@code over}, in row-major order. */
    public static float min(Index over, FloatElement.AnyRank element) {
        return FloatLoops.min(over, element);
    }

    /**
     * The position of the greatest element, of the first among equals. A NaN counts as the greatest.
     *
     * @throws IllegalArgumentException if the extent is not positive
     */
    public static int argMax(int n0, FloatElement.Rank1 element) {
        nonEmpty("argMax", n0);
        int position = 0;
        float best = element.at(0);
        for (int i0 = 1; i0 < n0; i0++) {
            float candidate = element.at(i0);
            if (candidate > best || (Float.isNaN(candidate) && !Float.isNaN(best))) {
                best = candidate;
                position = i0;
            }
        }
        return position;
    }

    /**
     * The position of the least element, of the first among equals. A NaN counts as the least.
     *
     * @throws IllegalArgumentException if the extent is not positive
     */
    public static int argMin(int n0, FloatElement.Rank1 element) {
        nonEmpty("argMin", n0);
        int position = 0;
        float best = element.at(0);
        for (int i0 = 1; i0 < n0; i0++) {
            float candidate = element.at(i0);
            if (candidate < best || (Float.isNaN(candidate) && !Float.isNaN(best))) {
                best = candidate;
                position = i0;
            }
        }
        return position;
    }

    /**
     * The tensors one after another along {@code axis}. It only moves elements.
     *
     * @throws IllegalArgumentException if there is no tensor, or two differ in rank or in another axis
     */
    public static Tensor concat(int axis, Tensor[] inputs) {
        return Concatenation.of(axis, inputs);
    }

    /**
     * States when a variant of a kernel applies; stands first in its body.
     *
     * @throws RequirementNotMet if {@code condition} is false
     */
    public static void require(boolean condition) {
        if (!condition) {
            throw new RequirementNotMet();
        }
    }

    /** e to the power {@code x}. */
    public static float exp(float x) {
        return (float) Math.exp(x);
    }

    /** {@code exp(x) - 1}, exact near 0. */
    public static float expm1(float x) {
        return (float) Math.expm1(x);
    }

    /** The natural logarithm; NaN below 0. */
    public static float log(float x) {
        return (float) Math.log(x);
    }

    /** {@code log(1 + x)}, exact near 0. */
    public static float log1p(float x) {
        return (float) Math.log1p(x);
    }

    /** The square root, correctly rounded; NaN below 0. */
    public static float sqrt(float x) {
        return (float) Math.sqrt(x);
    }

    /** The error function, {@code 2 / sqrt(pi)} times the integral of {@code exp(-t * t)} from 0 to {@code x}. */
    public static float erf(float x) {
        return SpecialFunctions.erf(x);
    }

    /** The sine of {@code x} radians. */
    public static float sin(float x) {
        return (float) Math.sin(x);
    }

    /** The cosine of {@code x} radians. */
    public static float cos(float x) {
        return (float) Math.cos(x);
    }

    /** The tangent of {@code x} radians. */
    public static float tan(float x) {
        return (float) Math.tan(x);
    }

    /** The arc sine in radians; NaN outside [-1, 1]. */
    public static float asin(float x) {
        return (float) Math.asin(x);
    }

    /** The arc cosine in radians; NaN outside [-1, 1]. */
    public static float acos(float x) {
        return (float) Math.acos(x);
    }

    /** The arc tangent in radians. */
    public static float atan(float x) {
        return (float) Math.atan(x);
    }

    /** The hyperbolic sine. */
    public static float sinh(float x) {
        return (float) Math.sinh(x);
    }

    /** The hyperbolic cosine. */
    public static float cosh(float x) {
        return (float) Math.cosh(x);
    }

    /** The hyperbolic tangent. */
    public static float tanh(float x) {
        return (float) Math.tanh(x);
    }

    /** The inverse of {@link #sinh}. */
    public static float asinh(float x) {
        return SpecialFunctions.asinh(x);
    }

    /** The inverse of {@link #cosh}; NaN below 1. */
    public static float acosh(float x) {
        return SpecialFunctions.acosh(x);
    }

    /** The inverse of {@link #tanh}; NaN outside [-1, 1]. */
    public static float atanh(float x) {
        return SpecialFunctions.atanh(x);
    }

    /** The greatest whole number that is not above {@code x}. */
    public static float floor(float x) {
        return (float) Math.floor(x);
    }

    /** The least whole number that is not below {@code x}. */
    public static float ceil(float x) {
        return (float) Math.ceil(x);
    }

    /** The nearest whole number; of two equally near, the even one. */
    public static float round(float x) {
        return (float) Math.rint(x);
    }

    /** {@code x} to the power {@code y}, with the special cases of {@link Math#pow}. */
    public static float pow(float x, float y) {
        return (float) Math.pow(x, y);
    }

    /** Whether {@code x} is not a number. */
    public static boolean isNaN(float x) {
        return Float.isNaN(x);
    }

    /** Whether {@code x} is infinity or minus infinity. */
    public static boolean isInfinite(float x) {
        return Float.isInfinite(x);
    }
}

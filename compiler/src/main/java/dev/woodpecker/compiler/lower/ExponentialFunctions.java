package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Exponential, logarithm and what is made of them, without branches. Single precision: Cephes (S. Moshier). Double
 * precision: FDLIBM (Sun Microsystems, 1993) where not said otherwise.
 */
final class ExponentialFunctions {
    private static final double LN2 = 0.6931471805599453;

    private ExponentialFunctions() {}

    // ---- Exponential

    /** {@code sum} is {@code x / ln 2} plus a constant that leaves the nearest integer {@code n} in its low bits. */
    private record Shifted(Expr sum, Expr n) {}

    private static Shifted shifted(MathBuilder m, Expr x) {
        Expr sum = m.let("shifted", m.add(m.mul(x, 1.4426950408889634), m.roundingConstant()));
        return new Shifted(sum, m.let("n", m.sub(sum, m.roundingConstant())));
    }

    /** {@code x - n * ln 2}. */
    private static Expr remainder(MathBuilder m, Expr x, Expr n) {
        boolean wide = m.type() == DType.F64;
        // The high part has so few bits that its product with n is exact.
        double high = wide ? 6.93147180369123816490e-01 : 0.693359375;
        double low = wide ? 1.90821492927058770002e-10 : -2.12194440e-4;
        return m.let("r", m.sub(m.sub(x, m.mul(n, high)), m.mul(n, low)));
    }

    private record Reduced(Expr remainder, Expr exponent) {}

    /** {@code x = exponent * ln 2 + remainder}, the remainder at most half of ln 2 in magnitude. */
    private static Reduced reduced(MathBuilder m, Expr x) {
        Shifted shifted = shifted(m, x);
        long integerZero = m.type() == DType.F64
                ? Double.doubleToRawLongBits(m.roundingConstant())
                : Float.floatToRawIntBits((float) m.roundingConstant());
        Expr remainder = remainder(m, x, shifted.n);
        return new Reduced(remainder, m.let("e", m.sub(m.bits(shifted.sum), m.integer(integerZero))));
    }

    private static Expr clamped(MathBuilder m, Expr x, double low, double high) {
        // Not min and max: a NaN must pass.
        return m.let("x", m.select(m.greater(x, high), m.constant(high), m.select(m.less(x, low), m.constant(low), x)));
    }

    /** {@code (e^r - 1 - r) / r^2} for a reduced argument. */
    private static Expr tail(MathBuilder m, Expr r) {
        if (m.type() == DType.F64) {
            // Taylor's series; the first term left out is below 2^-57.
            double[] coefficients = new double[12];
            double factorial = 2;
            for (int i = 0; i < coefficients.length; i++) {
                coefficients[i] = 1 / factorial;
                factorial *= i + 3;
            }
            return m.polynomial(r, coefficients);
        }
        return m.polynomial(
                r,
                5.0000001201e-1,
                1.6666665459e-1,
                4.1665795894e-2,
                8.3334519073e-3,
                1.3981999507e-3,
                1.9875691500e-4);
    }

    /** The logarithm of the smallest normal float, rounded up, so that the result is normal. */
    private static final double LEAST_NORMAL_EXPONENT = -87.33654022216797;

    /** The greatest float whose exponential is finite. */
    private static final double GREATEST_EXPONENT = 88.72283172607422;

    static Expr exp(MathBuilder m, Expr argument) {
        boolean wide = m.type() == DType.F64;
        return wide || m.strict() ? gradualExp(m, argument, wide) : normalExp(m, argument);
    }

    /** Small results lose bits one by one before they are zero. */
    private static Expr gradualExp(MathBuilder m, Expr argument, boolean wide) {
        // Beyond these the result is zero or infinite, and the scaling below brings that about.
        Expr x = clamped(m, argument, wide ? -746 : -104, wide ? 710 : 89);
        Reduced reduced = reduced(m, x);
        Expr r = reduced.remainder;
        Expr power = m.let("p", m.add(m.add(m.mul(tail(m, r), m.mul(r, r)), r), 1));
        return m.let("exp", m.scaled(power, reduced.exponent));
    }

    /**
     * Results below the normal numbers are zero. All others are made by adding to the exponent's bits, since the power of
     * the remainder is less than one where the exponent is the greatest, and no less where it is the smallest.
     */
    private static Expr normalExp(MathBuilder m, Expr x) {
        Shifted shifted = shifted(m, x);
        Expr r = remainder(m, x, shifted.n);
        Expr power = m.add(m.mul(m.add(m.mul(tail(m, r), r), 1), r), 1);
        // The shifted number's own bits all leave at the top.
        Expr exponent = m.shiftLeft(m.bits(shifted.sum), m.significandBits());
        Expr scaled = m.ofBits(new Expr.Binary(BinaryOp.ADD, m.bits(power), exponent));
        Expr positive = m.select(m.less(x, LEAST_NORMAL_EXPONENT), m.constant(0), scaled);
        // The sum is infinite, or a NaN.
        Expr other = m.add(x, Double.POSITIVE_INFINITY);
        return m.let("exp", m.select(m.lessOrEqual(x, GREATEST_EXPONENT), positive, other));
    }

    static Expr expm1(MathBuilder m, Expr argument) {
        boolean wide = m.type() == DType.F64;
        Expr large = exp(m, argument);
        double limit = wide ? 40 : 20;
        Expr x = clamped(m, argument, -limit, limit);
        Reduced reduced = reduced(m, x);
        Expr r = reduced.remainder;
        Expr scale = m.let("scale", m.powerOfTwo(reduced.exponent));
        Expr part = m.add(m.mul(tail(m, r), m.mul(r, r)), r);
        Expr near = m.add(m.mul(part, scale), m.sub(scale, 1));
        Expr small = m.select(m.equal(argument, 0), argument, near);
        return m.let("expm1", m.select(m.greater(argument, limit), large, small));
    }

    // ---- Powers

    private static final Map<Double, BiFunction<MathBuilder, Expr, Expr>> POWERS = Map.of(
            1.0,
            (m, x) -> x,
            2.0,
            (m, x) -> m.mul(x, x),
            3.0,
            (m, x) -> m.mul(m.mul(x, x), x),
            -1.0,
            (m, x) -> m.div(m.constant(1), x),
            0.5,
            ExponentialFunctions::root,
            -0.5,
            (m, x) -> m.div(m.constant(1), root(m, x)),
            0.25,
            (m, x) -> m.sqrt(root(m, x)),
            0.75,
            ExponentialFunctions::threeQuarters);

    /** Whether {@link #power} has it: within 2 units in the last place, special values included. */
    static boolean isSimple(double exponent) {
        return POWERS.containsKey(exponent);
    }

    static Expr power(MathBuilder m, Expr x, double exponent) {
        return m.let("power", Objects.requireNonNull(POWERS.get(exponent)).apply(m, x));
    }

    /** As a power: of -0 it is +0, of negative infinity positive infinity. */
    private static Expr root(MathBuilder m, Expr x) {
        Expr infinite = m.equal(x, Double.NEGATIVE_INFINITY);
        return m.let("root", m.select(infinite, m.constant(Double.POSITIVE_INFINITY), m.add(m.sqrt(x), 0)));
    }

    private static Expr threeQuarters(MathBuilder m, Expr x) {
        Expr root = root(m, x);
        return m.mul(root, m.sqrt(root));
    }

    // ---- Logarithm

    static Expr log(MathBuilder m, Expr x) {
        boolean wide = m.type() == DType.F64;
        double smallestNormal = wide ? Double.MIN_NORMAL : Float.MIN_NORMAL;
        int bits = m.significandBits();
        Expr subnormal = m.let("subnormal", m.less(x, smallestNormal));
        Expr normal = m.select(subnormal, m.mul(x, Math.scalb(1.0, bits + 1)), x);
        Expr i = m.let("i", m.bits(normal));
        // So that the significand lies around 1, between the roots of 1/2 and 2.
        long rootHalf = wide ? 0x3fe6a09e667f3bcdL : 0x3f3504f3L;
        Expr e = m.let("e", m.shiftRight(m.sub(i, m.integer(rootHalf)), bits));
        Expr f = m.let("f", m.sub(m.ofBits(m.sub(i, m.shiftLeft(e, bits))), 1));
        Expr shift = m.select(subnormal, m.integer(-(bits + 1)), m.integer(0));
        Expr k = m.let("k", m.toFloat(m.add(e, shift)));
        Expr value = wide ? wideLog(m, f, k) : singleLog(m, f, k);
        double infinity = Double.POSITIVE_INFINITY;
        Expr positive = m.select(m.less(x, infinity), value, x);
        Expr notPositive = m.select(m.equal(x, 0), m.constant(-infinity), m.constant(Double.NaN));
        Expr isPositive = new Expr.Binary(BinaryOp.GT, x, m.constant(0));
        return m.let("log", m.select(m.or(isPositive, m.isNaN(x)), positive, notPositive));
    }

    private static Expr singleLog(MathBuilder m, Expr f, Expr k) {
        Expr z = m.let("z", m.mul(f, f));
        Expr p = m.polynomial(
                f,
                3.3333331174e-1,
                -2.4999993993e-1,
                2.0000714765e-1,
                -1.6668057665e-1,
                1.4249322787e-1,
                -1.2420140846e-1,
                1.1676998740e-1,
                -1.1514610310e-1,
                7.0376836292e-2);
        Expr y = m.add(m.mul(m.mul(p, f), z), m.mul(k, -2.12194440e-4));
        return m.add(m.add(f, m.sub(y, m.mul(z, 0.5))), m.mul(k, 0.693359375));
    }

    private static Expr wideLog(MathBuilder m, Expr f, Expr k) {
        Expr s = m.let("s", m.div(f, m.add(f, 2)));
        Expr z = m.let("z", m.mul(s, s));
        Expr r = m.mul(
                m.polynomial(
                        z,
                        6.666666666666735130e-01,
                        3.999999999940941908e-01,
                        2.857142874366239149e-01,
                        2.222219843214978396e-01,
                        1.818357216161805012e-01,
                        1.531383769920937332e-01,
                        1.479819860511658591e-01),
                z);
        Expr half = m.let("halfSquare", m.mul(m.mul(f, f), 0.5));
        Expr correction = m.add(m.mul(s, m.add(half, r)), m.mul(k, 1.90821492927058770002e-10));
        return m.sub(m.mul(k, 6.93147180369123816490e-01), m.sub(m.sub(half, correction), f));
    }

    /** By W. Kahan: the rounding error of {@code 1 + x} cancels in {@code log(1 + x) * x / ((1 + x) - 1)}. */
    static Expr log1p(MathBuilder m, Expr x) {
        Expr u = m.let("u", m.add(x, 1));
        Expr difference = m.let("d", m.sub(u, 1));
        Expr value = m.mul(log(m, u), m.div(x, difference));
        Expr infinite = m.or(m.equal(x, Double.POSITIVE_INFINITY), m.equal(difference, 0));
        Expr finite = m.select(m.equal(x, -1), m.constant(Double.NEGATIVE_INFINITY), value);
        return m.let("log1p", m.select(infinite, x, finite));
    }

    // ---- Hyperbolic functions

    static Expr tanh(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        if (m.type() == DType.F64) {
            Expr bounded = m.select(m.greater(a, 22), m.constant(22), a);
            Expr t = expm1(m, m.let("a2", m.mul(bounded, 2)));
            return m.withSign(m.div(t, m.add(t, 2)), x);
        }
        Expr z = m.let("z", m.mul(a, a));
        Expr p = m.polynomial(
                z, -3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3);
        Expr small = m.add(m.mul(m.mul(p, z), a), a);
        Expr large = m.sub(m.constant(1), m.div(m.constant(2), m.add(exp(m, m.let("a2", m.mul(a, 2))), 1)));
        return m.withSign(m.select(m.less(a, 0.625), small, large), x);
    }

    static Expr sinh(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        Expr t = expm1(m, a);
        Expr half = m.mul(m.add(t, m.div(t, m.add(t, 1))), 0.5);
        return m.withSign(m.select(m.greater(a, 700), halfExp(m, a), half), x);
    }

    static Expr cosh(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        Expr e = exp(m, a);
        Expr half = m.add(m.mul(e, 0.5), m.div(m.constant(0.5), e));
        return m.select(m.greater(a, 700), halfExp(m, a), half);
    }

    /** {@code e^a / 2} where {@code e^a} may be infinite. */
    private static Expr halfExp(MathBuilder m, Expr a) {
        Expr root = exp(m, m.let("a2", m.mul(a, 0.5)));
        return m.mul(m.mul(root, 0.5), root);
    }

    static Expr asinh(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        Expr square = m.let("square", m.mul(a, a));
        Expr small = log1p(m, m.let("y", m.add(a, m.div(square, m.add(m.sqrt(m.add(square, 1)), 1)))));
        Expr large = m.add(log(m, a), LN2);
        return m.withSign(m.select(m.greater(a, 0x1p28), large, small), x);
    }

    static Expr acosh(MathBuilder m, Expr x) {
        Expr t = m.let("t", m.sub(x, 1));
        Expr small = log1p(m, m.let("y", m.add(t, m.sqrt(m.add(m.mul(t, 2), m.mul(t, t))))));
        Expr large = m.add(log(m, x), LN2);
        Expr value = m.select(m.greater(x, 0x1p28), large, small);
        return m.select(m.less(x, 1), m.constant(Double.NaN), value);
    }

    static Expr atanh(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        Expr half = m.mul(log1p(m, m.let("y", m.div(m.mul(a, 2), m.sub(m.constant(1), a)))), 0.5);
        return m.withSign(half, x);
    }

    // ---- Power

    /** {@code x^y} as {@code e^(y log |x|)} with the sign that {@code y} gives it; in double precision only. */
    static Expr pow(MathBuilder m, Expr x, Expr y) {
        Expr magnitude = exp(m, m.let("ylogx", m.mul(y, log(m, m.let("a", m.abs(x))))));
        Expr isInteger = m.equal(m.trunc(y), y);
        Expr halfY = m.let("halfY", m.mul(y, 0.5));
        Expr isOdd = m.let("odd", m.and(isInteger, m.not(m.equal(m.trunc(halfY), halfY))));
        Expr signed = m.select(m.and(isOdd, m.isNegative(x)), m.negate(magnitude), magnitude);
        Expr finiteNegative = m.and(m.less(x, 0), m.greater(x, Double.NEGATIVE_INFINITY));
        Expr undefined = m.and(finiteNegative, m.not(isInteger));
        Expr value = m.select(undefined, m.constant(Double.NaN), signed);
        return m.select(m.equal(y, 0), m.constant(1), value);
    }
}

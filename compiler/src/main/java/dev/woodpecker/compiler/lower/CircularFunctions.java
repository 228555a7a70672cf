package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Table;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Circular functions and their inverses, computed in double precision without branches, after FDLIBM. Arguments of single
 * precision are reduced exactly over their full range; those of double precision keep about 1e-12 up to 1e7 in magnitude.
 */
final class CircularFunctions {
    private static final BigDecimal HALF_PI =
            new BigDecimal("1.5707963267948966192313216916397514420985846996875529104874"
                    + "722961539082031431044993140174126710585339910740432566411533");

    private static final double PI = Math.PI;

    private CircularFunctions() {}

    // ---- Argument reduction

    /** The remainder by half of pi, and which quarter it is of. */
    private record Quarter(Expr remainder, Expr number) {}

    /** Half of pi in parts of 28 bits, so that products with integers of 25 bits are exact. */
    private static final double[] HALF_PI_PARTS = halfPiParts();

    private static double[] halfPiParts() {
        double[] parts = new double[4];
        BigDecimal rest = HALF_PI;
        for (int i = 0; i < parts.length; i++) {
            parts[i] = Double.longBitsToDouble(Double.doubleToRawLongBits(rest.doubleValue()) & -1L << 25);
            rest = rest.subtract(new BigDecimal(parts[i]));
        }
        return parts;
    }

    /** By Cody and Waite. {@code m} is for doubles. */
    private static Quarter reduced(MathBuilder m, Expr x) {
        Expr shifted = m.let("shifted", m.add(m.mul(x, 2 / PI), m.roundingConstant()));
        Expr k = m.let("k", m.sub(shifted, m.roundingConstant()));
        Expr r = x;
        for (double part : HALF_PI_PARTS) {
            r = m.sub(r, m.mul(k, part));
        }
        return new Quarter(m.let("r", r), m.let("quarter", m.bits(shifted)));
    }

    /**
     * {@code 2^(e - 150)} modulo two pi, between -pi and pi, for each exponent field {@code e} of a float, in three parts: a
     * significand of 24 bits times either of the first two, of 29 bits, is exact.
     */
    private static final Table[] POWERS = powers();

    private static Table[] powers() {
        double[][] parts = new double[3][256];
        MathContext exact = new MathContext(120, RoundingMode.HALF_EVEN);
        BigDecimal turn = HALF_PI.multiply(BigDecimal.valueOf(4));
        for (int e = 0; e < 255; e++) {
            int exponent = Math.max(e, 1) - 150;
            BigDecimal power =
                    exponent >= 0 ? BigDecimal.TWO.pow(exponent) : BigDecimal.ONE.divide(BigDecimal.TWO.pow(-exponent));
            BigDecimal rest = power.remainder(turn, exact);
            if (rest.compareTo(HALF_PI.add(HALF_PI)) > 0) {
                rest = rest.subtract(turn);
            }
            for (double[] part : parts) {
                double value = rest.doubleValue();
                part[e] = part == parts[2]
                        ? value
                        : Double.longBitsToDouble(Double.doubleToRawLongBits(value) & -1L << 24);
                rest = rest.subtract(new BigDecimal(part[e]));
            }
        }
        Table[] tables = new Table[3];
        for (int i = 0; i < 3; i++) {
            tables[i] = new Table("power_mod_two_pi_" + i, DType.F64, new int[] {256}, parts[i]);
        }
        return tables;
    }

    /** Reduces a float, given as such, exactly: the significand times its power of two modulo two pi. */
    private static Quarter reducedSingle(MathBuilder m, MathBuilder single, Expr x) {
        Expr bits = single.let("bits", single.bits(x));
        Expr field = single.let("field", single.and(single.shiftRight(bits, 23), single.integer(0xff)));
        Expr fraction = single.and(bits, single.integer(0x7f_ffff));
        Expr implicit = single.select(
                new Expr.Binary(BinaryOp.GT, field, single.integer(0)), single.integer(0x80_0000), single.integer(0));
        Expr significand = single.let("significand", single.or(fraction, implicit));
        Expr signed = single.select(single.isNegative(x), single.negate(significand), significand);
        Expr s = m.let("s", new Expr.Cast(DType.F64, signed));
        Expr index = single.let("index", new Expr.Cast(DType.I64, field));
        Expr high = m.mul(s, m.entry(POWERS[0], index));
        Quarter first = reduced(m, m.let("high", high));
        Expr rest = m.add(m.mul(s, m.entry(POWERS[1], index)), m.mul(s, m.entry(POWERS[2], index)));
        Expr sum = m.let("sum", m.add(first.remainder, rest));
        // The second part is below 0.1: it leads beyond a quarter of pi by a little, which the polynomials bear.
        return new Quarter(sum, first.number);
    }

    // ---- Sine, cosine, tangent

    private static Expr sinePolynomial(MathBuilder m, Expr r) {
        Expr z = m.let("z", m.mul(r, r));
        Expr p = m.polynomial(
                z,
                -1.66666666666666324348e-01,
                8.33333333332248946124e-03,
                -1.98412698298579493134e-04,
                2.75573137070700676789e-06,
                -2.50507602534068634195e-08,
                1.58969099521155010221e-10);
        return m.add(m.mul(m.mul(p, z), r), r);
    }

    private static Expr cosinePolynomial(MathBuilder m, Expr r) {
        Expr z = m.let("z", m.mul(r, r));
        Expr p = m.polynomial(
                z,
                4.16666666666666019037e-02,
                -1.38888888888741095749e-03,
                2.48015872894767294178e-05,
                -2.75573143513906633035e-07,
                2.08757232129817482790e-09,
                -1.13596475577881948265e-11);
        return m.add(m.sub(m.mul(m.mul(p, z), z), m.mul(z, 0.5)), 1);
    }

    /** Which of the three. */
    enum Kind {
        SINE,
        COSINE,
        TANGENT
    }

    /** A function of a double. */
    static Expr wide(MathBuilder m, Kind kind, Expr x) {
        Expr value = ofQuarter(m, kind, reduced(m, x));
        // Zeros keep their sign.
        return kind == Kind.COSINE ? value : m.select(m.equal(x, 0), x, value);
    }

    /** A function of a float, as a double. */
    static Expr ofSingle(MathBuilder m, MathBuilder single, Kind kind, Expr x) {
        Expr value = ofQuarter(m, kind, reducedSingle(m, single, x));
        Expr wide = m.let("wide", new Expr.Cast(DType.F64, x));
        Expr signed = kind == Kind.COSINE ? value : m.select(m.equal(wide, 0), wide, value);
        Expr finite = m.less(m.abs(wide), Double.POSITIVE_INFINITY);
        return m.select(finite, signed, m.constant(Double.NaN));
    }

    private static Expr ofQuarter(MathBuilder m, Kind kind, Quarter q) {
        Expr sine = m.let("sine", sinePolynomial(m, q.remainder));
        Expr cosine = m.let("cosine", cosinePolynomial(m, q.remainder));
        Expr number = kind == Kind.COSINE ? m.let("next", m.add(q.number, m.integer(1))) : q.number;
        Expr odd = m.let("odd", new Expr.Binary(BinaryOp.NE, m.and(number, m.integer(1)), m.integer(0)));
        if (kind == Kind.TANGENT) {
            return m.div(m.select(odd, m.negate(cosine), sine), m.select(odd, sine, cosine));
        }
        Expr value = m.let("value", m.select(odd, cosine, sine));
        Expr lower = new Expr.Binary(BinaryOp.NE, m.and(number, m.integer(2)), m.integer(0));
        return m.select(lower, m.negate(value), value);
    }

    // ---- Inverses

    private static Expr arcSineRatio(MathBuilder m, Expr z) {
        Expr p = m.polynomial(
                z,
                1.66666666666666657415e-01,
                -3.25565818622400915405e-01,
                2.01212532134862925881e-01,
                -4.00555345006794114027e-02,
                7.91534994289814532176e-04,
                3.47933107596021167570e-05);
        Expr q = m.polynomial(
                z,
                1,
                -2.40339491173441421878e+00,
                2.02094576023350569471e+00,
                -6.88283971605453293030e-01,
                7.70381505559019352791e-02);
        return m.div(m.mul(p, z), q);
    }

    /** {@code asin(s)} for {@code s^2 = z} at most 1/4, {@code s} taken as it is or as {@code sqrt((1 - a) / 2)}. */
    private record ArcSine(Expr small, Expr value) {}

    private static ArcSine arcSine(MathBuilder m, Expr a) {
        Expr small = m.let("small", m.less(a, 0.5));
        Expr z = m.let("z", m.select(small, m.mul(a, a), m.mul(m.sub(m.constant(1), a), 0.5)));
        Expr s = m.let("s", m.select(small, a, m.sqrt(z)));
        return new ArcSine(small, m.let("arc", m.add(s, m.mul(s, arcSineRatio(m, z)))));
    }

    static Expr asin(MathBuilder m, Expr x) {
        ArcSine arc = arcSine(m, m.let("a", m.abs(x)));
        Expr large = m.sub(m.constant(PI / 2), m.mul(arc.value, 2));
        return m.withSign(m.select(arc.small, arc.value, large), x);
    }

    static Expr acos(MathBuilder m, Expr x) {
        ArcSine arc = arcSine(m, m.let("a", m.abs(x)));
        Expr negative = m.let("negative", m.isNegative(x));
        Expr twice = m.let("twice", m.mul(arc.value, 2));
        Expr large = m.select(negative, m.sub(m.constant(PI), twice), twice);
        Expr signed = m.select(negative, m.negate(arc.value), arc.value);
        return m.select(arc.small, m.sub(m.constant(PI / 2), signed), large);
    }

    static Expr atan(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        // Nearest of the angles 0, atan 1/2, pi/4, atan 3/2, pi/2: the quotient is the tangent of what is left.
        double[] limits = {0.4375, 0.6875, 1.1875, 2.4375};
        Expr[] numerators = {a, m.sub(m.mul(a, 2), 1), m.sub(a, 1), m.sub(a, 1.5), m.constant(-1)};
        Expr[] denominators = {m.constant(1), m.add(a, 2), m.add(a, 1), m.add(m.mul(a, 1.5), 1), a};
        double[] high = {
            0,
            4.63647609000806093515e-01,
            7.85398163397448278999e-01,
            9.82793723247329054082e-01,
            1.57079632679489655800e+00
        };
        double[] low = {
            0,
            2.26987774529616870924e-17,
            3.06161699786838301793e-17,
            1.39033110312309984516e-17,
            6.12323399573676603587e-17
        };
        Expr numerator = numerators[4];
        Expr denominator = denominators[4];
        Expr angle = m.constant(high[4]);
        Expr rest = m.constant(low[4]);
        for (int i = 3; i >= 0; i--) {
            Expr below = m.let("below", m.less(a, limits[i]));
            numerator = m.select(below, numerators[i], numerator);
            denominator = m.select(below, denominators[i], denominator);
            angle = m.select(below, m.constant(high[i]), angle);
            rest = m.select(below, m.constant(low[i]), rest);
        }
        Expr t = m.let("t", m.div(numerator, denominator));
        Expr z = m.let("z", m.mul(t, t));
        Expr p = m.polynomial(
                z,
                3.33333333333329318027e-01,
                -1.99999999998764832476e-01,
                1.42857142725034663711e-01,
                -1.11111104054623557880e-01,
                9.09088713343650656196e-02,
                -7.69187620504482999495e-02,
                6.66107313738753120669e-02,
                -5.83357013379057348645e-02,
                4.97687799461593236017e-02,
                -3.65315727442169155270e-02,
                1.62858201153657823623e-02);
        Expr value = m.sub(angle, m.sub(m.sub(m.mul(m.mul(p, z), t), rest), t));
        return m.withSign(m.select(m.isNaN(a), a, value), x);
    }
}

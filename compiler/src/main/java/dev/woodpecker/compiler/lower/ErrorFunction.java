package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;

/** The error function: single precision after N. Juffa (at most one ulp), double precision after FDLIBM. */
final class ErrorFunction {
    private ErrorFunction() {}

    static Expr erf(MathBuilder m, Expr x) {
        return m.type() == DType.F64 ? wide(m, x) : single(m, x);
    }

    private static Expr single(MathBuilder m, Expr x) {
        Expr t = m.let("t", m.abs(x));
        Expr s = m.let("s", m.mul(x, x));
        Expr near = m.polynomial(
                s, 1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4);
        Expr small = m.add(m.mul(near, t), t);
        Expr r = m.polynomial(t, 3.83197126e-4, -1.72853470e-5);
        Expr u = m.polynomial(t, 2.42546219e-2, -3.88396438e-3);
        Expr exponent = m.add(m.mul(r, s), u);
        for (double coefficient : new double[] {-1.06777877e-1, -6.34846687e-1, -1.28717512e-1}) {
            exponent = m.add(m.mul(exponent, t), coefficient);
        }
        exponent = m.let("exponent", m.sub(m.mul(exponent, t), t));
        Expr large = m.sub(m.constant(1), ExponentialFunctions.exp(m, exponent));
        return m.withSign(m.select(m.greater(t, 0.927734375), large, small), x);
    }

    private static Expr wide(MathBuilder m, Expr x) {
        Expr a = m.let("a", m.abs(x));
        Expr result = m.select(m.less(a, 1.25), nearOne(m, a), tail(m, a));
        result = m.select(m.less(a, 0.84375), nearZero(m, a), result);
        // 1 - erf(6) is below 2^-54; a NaN is kept.
        return m.withSign(m.select(m.greater(a, 6), m.constant(1), result), x);
    }

    private static Expr nearZero(MathBuilder m, Expr a) {
        Expr z = m.let("z", m.mul(a, a));
        Expr r = m.polynomial(
                z,
                1.28379167095512558561e-01,
                -3.25042107247001499370e-01,
                -2.84817495755985104766e-02,
                -5.77027029648944159157e-03,
                -2.37630166566501626084e-05);
        Expr s = m.polynomial(
                z,
                1,
                3.97917223959155352819e-01,
                6.50222499887672944485e-02,
                5.08130628187576562776e-03,
                1.32494738004321644526e-04,
                -3.96022827877536812320e-06);
        return m.add(a, m.mul(a, m.div(r, s)));
    }

    private static Expr nearOne(MathBuilder m, Expr a) {
        Expr s = m.let("s", m.sub(a, 1));
        Expr p = m.polynomial(
                s,
                -2.36211856075265944077e-03,
                4.14856118683748331666e-01,
                -3.72207876035701323847e-01,
                3.18346619901161753674e-01,
                -1.10894694282396677476e-01,
                3.54783043256182359371e-02,
                -2.16637559486879084300e-03);
        Expr q = m.polynomial(
                s,
                1,
                1.06420880400844228286e-01,
                5.40397917702171048937e-01,
                7.18286544141962662868e-02,
                1.26171219808761642112e-01,
                1.36370839120290507362e-02,
                1.19844998467991074170e-02);
        return m.add(m.div(p, q), 8.45062911510467529297e-01);
    }

    /** {@code 1 - e^(-a^2 - 0.5625 + R/S) / a}, with {@code a^2} formed from two parts to keep its low bits. */
    private static Expr tail(MathBuilder m, Expr a) {
        Expr s = m.let("s", m.div(m.constant(1), m.mul(a, a)));
        Expr isNear = m.less(a, 1 / 0.35);
        Expr r = m.select(
                isNear,
                m.polynomial(
                        s,
                        -9.86494403484714822705e-03,
                        -6.93858572707181764372e-01,
                        -1.05586262253232909814e+01,
                        -6.23753324503260060396e+01,
                        -1.62396669462573470355e+02,
                        -1.84605092906711035994e+02,
                        -8.12874355063065934246e+01,
                        -9.81432934416914548592e+00),
                m.polynomial(
                        s,
                        -9.86494292470009928597e-03,
                        -7.99283237680523006574e-01,
                        -1.77579549177547519889e+01,
                        -1.60636384855821916062e+02,
                        -6.37566443368389627722e+02,
                        -1.02509513161107724954e+03,
                        -4.83519191608651397019e+02));
        Expr q = m.select(
                isNear,
                m.polynomial(
                        s,
                        1,
                        1.96512716674392571292e+01,
                        1.37657754143519042600e+02,
                        4.34565877475229228821e+02,
                        6.45387271733267880336e+02,
                        4.29008140027567833386e+02,
                        1.08635005541779435134e+02,
                        6.57024977031928170135e+00,
                        -6.04244152148580987438e-02),
                m.polynomial(
                        s,
                        1,
                        3.03380607434824582924e+01,
                        3.25792512996573918826e+02,
                        1.53672958608443695994e+03,
                        3.19985821950859553908e+03,
                        2.55305040643316442583e+03,
                        4.74528541206955367215e+02,
                        -2.24409524465858183362e+01));
        Expr high = m.let("high", m.ofBits(m.and(m.bits(a), m.integer(0xffff_ffff_0000_0000L))));
        Expr first = m.let("first", m.sub(m.constant(-0.5625), m.mul(high, high)));
        Expr second = m.let("second", m.add(m.mul(m.sub(high, a), m.add(high, a)), m.div(r, q)));
        Expr product = m.mul(ExponentialFunctions.exp(m, first), ExponentialFunctions.exp(m, second));
        return m.sub(m.constant(1), m.div(product, a));
    }
}

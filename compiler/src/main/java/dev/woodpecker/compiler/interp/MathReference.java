package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.MathFunction;

/** The functions of floats: formed in double precision by {@link Math} or an accurate formula, rounded to the type. */
public final class MathReference {
    private MathReference() {}

    /** {@code y} is for functions of two arguments. */
    public static double call(MathFunction function, double x, double y, DType type) {
        double value = switch (function) {
            case ABS -> Math.abs(x);
            case SQRT -> Math.sqrt(x);
            case FLOOR -> Math.floor(x);
            case CEIL -> Math.ceil(x);
            case RINT -> Math.rint(x);
            case TRUNC -> x < 0 ? Math.ceil(x) : Math.floor(x);
            case EXP2 -> Math.pow(2, x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case LOG1P -> Math.log1p(x);
            case EXPM1 -> Math.expm1(x);
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case TAN -> Math.tan(x);
            case ASIN -> Math.asin(x);
            case ACOS -> Math.acos(x);
            case ATAN -> Math.atan(x);
            case SINH -> Math.sinh(x);
            case COSH -> Math.cosh(x);
            case TANH -> Math.tanh(x);
            case ASINH -> asinh(x);
            case ACOSH -> acosh(x);
            case ATANH -> (Math.log1p(x) - Math.log1p(-x)) / 2;
            case ERF -> erf(x);
            case POW -> Math.pow(x, y);
        };
        return Arithmetic.round(type, value);
    }

    private static double asinh(double x) {
        double distance = Math.abs(x);
        double result = distance > 0x1p28
                ? Math.log(distance) + Math.log(2)
                : Math.log1p(distance + distance * distance / (1 + Math.sqrt(1 + distance * distance)));
        return Math.copySign(result, x);
    }

    /** Far below 1 the two terms would cancel to 0. */
    private static double acosh(double x) {
        if (x < 1) {
            return Double.NaN;
        }
        double above = x - 1;
        return x > 0x1p28 ? Math.log(x) + Math.log(2) : Math.log1p(above + Math.sqrt(above * (above + 2)));
    }

    /** By the series of positive terms in Abramowitz and Stegun 7.1.6; from 6 on erf is 1 in double precision. */
    private static double erf(double x) {
        double distance = Math.abs(x);
        if (distance >= 6) {
            return Math.copySign(1, x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * distance * distance / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-distance * distance) * sum;
    }
}

package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.interp.MathReference;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.target.Numerics;

/**
 * How far a right result may be from the value by definition: a bound of the error that is carried along with each value, to
 * first order (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3). In strict numerics only functions without
 * an exact rounding add to it.
 */
record ErrorModel(Numerics numerics) {
    /** Sums of K terms in any order err by at most this times sqrt(K) units of roundoff of the sum of magnitudes. */
    private static final double SUM_FACTOR = 8;

    /** Units of roundoff that an expanded function may be off: 4 ulp. */
    private static final double FUNCTION_UNITS = 8;

    /** Half the distance of 1 to the next number. */
    static double unit(DType type) {
        return switch (type) {
            case F64 -> 0x1p-53;
            case F32 -> 0x1p-24;
            case F16, TF32 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL -> 0;
        };
    }

    /** Of one rounding of a result of this magnitude. */
    double rounding(DType type, double value) {
        return numerics.mayReassociate() ? unit(type) * Math.abs(value) : 0;
    }

    /** Of a sum of {@code terms} terms whose magnitudes add up to {@code magnitudes}, beyond the errors of the terms. */
    double sum(DType type, double terms, double magnitudes) {
        if (!numerics.mayReassociate()) {
            return 0;
        }
        // Tensor cores round both factors of a term to tf32, and multiply exactly.
        double factors = numerics == Numerics.TF32 && type == DType.F32 ? 2 * unit(DType.TF32) * magnitudes : 0;
        return SUM_FACTOR * Math.sqrt(terms) * unit(type) * magnitudes + factors;
    }

    /** Of a product of {@code factors} factors. */
    double product(DType type, double factors, double value) {
        return numerics.mayReassociate() ? factors * unit(type) * Math.abs(value) : 0;
    }

    /** Of {@code value = function(x, y)} where the arguments are off by these errors. */
    double call(MathFunction function, DType type, double value, double x, double xError, double y, double yError) {
        double own = switch (function) {
            case ABS, FLOOR, CEIL, RINT, TRUNC -> 0;
            case SQRT -> rounding(type, value);
            case EXP2,
                    EXP,
                    LOG,
                    LOG1P,
                    EXPM1,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    ASINH,
                    ACOSH,
                    ATANH,
                    ERF,
                    POW -> FUNCTION_UNITS * unit(type) * Math.abs(value);
        };
        if (xError == 0 && yError == 0) {
            return own;
        }
        double worst = 0;
        for (int side = 0; side < 4; side++) {
            double nearX = x + ((side & 1) == 0 ? xError : -xError);
            double nearY = y + ((side & 2) == 0 ? yError : -yError);
            double distance = Math.abs(MathReference.call(function, nearX, nearY, DType.F64) - value);
            // At the edge of where a function is defined anything may come out.
            worst = Math.max(worst, Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance);
        }
        return own + worst;
    }
}

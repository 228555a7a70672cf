package dev.woodpecker.dsl;

/** Functions that {@link Math} lacks, computed in {@code double} and rounded to {@code float}. */
final class SpecialFunctions {

    /** From here on 1 - erf(x) is below half a unit in the last place of 1 in {@code float}. */
    private static final double ERF_IS_ONE = 4;

    private SpecialFunctions() {}

    /** By the series of positive terms in Abramowitz and Stegun 7.1.6, which does not cancel. */
    static float erf(float x) {
        double distance = Math.abs((double) x);
        if (distance >= ERF_IS_ONE) {
            return Math.copySign(1, x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * distance * distance / (2 * n + 1);
            sum += term;
        }
        return (float) (2 / Math.sqrt(Math.PI) * Math.exp(-distance * distance) * sum);
    }

    static float asinh(float x) {
        double distance = Math.abs((double) x);
        double result = Math.log1p(distance + distance * distance / (1 + Math.sqrt(1 + distance * distance)));
        return (float) (Double.isInfinite(distance) ? x : Math.copySign(result, x));
    }

    /** Far below 1 the two terms would cancel to 0. */
    static float acosh(float x) {
        if (x < 1) {
            return Float.NaN;
        }
        double above = (double) x - 1;
        return (float) Math.log1p(above + Math.sqrt(above * (above + 2)));
    }

    static float atanh(float x) {
        return (float) ((Math.log1p(x) - Math.log1p(-(double) x)) / 2);
    }
}

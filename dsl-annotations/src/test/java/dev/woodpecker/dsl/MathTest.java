package dev.woodpecker.dsl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MathTest {

    /** Values to 8 digits from Abramowitz and Stegun, table 7.1. */
    @Test
    void erfMatchesTheTables() {
        assertThat(Dsl.erf(0)).isZero();
        assertThat(Dsl.erf(0.1f)).isCloseTo(0.11246292f, within(2e-8f));
        assertThat(Dsl.erf(0.5f)).isCloseTo(0.52049988f, within(6e-8f));
        assertThat(Dsl.erf(1)).isCloseTo(0.84270079f, within(6e-8f));
        assertThat(Dsl.erf(-1)).isCloseTo(-0.84270079f, within(6e-8f));
        assertThat(Dsl.erf(2)).isCloseTo(0.99532227f, within(6e-8f));
        assertThat(Dsl.erf(3.9f)).isCloseTo(1, within(1e-7f));
        assertThat(Dsl.erf(1e-20f)).isCloseTo(1.1283792e-20f, within(1e-27f));
        assertThat(Dsl.erf(Float.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(Dsl.erf(Float.NEGATIVE_INFINITY)).isEqualTo(-1);
        assertThat(Dsl.erf(Float.NaN)).isNaN();
    }

    @Test
    void inverseHyperbolicFunctionsUndoTheHyperbolicOnes() {
        for (float x = -4; x <= 4; x += 0.37f) {
            assertThat(Dsl.asinh(Dsl.sinh(x))).isCloseTo(x, within(1e-6f));
            assertThat(Dsl.atanh(Dsl.tanh(x / 2))).isCloseTo(x / 2, within(2e-6f));
            assertThat(Dsl.acosh(Dsl.cosh(x))).isCloseTo(Math.abs(x), within(2e-6f));
        }
        assertThat(Dsl.asinh(1e-10f)).isEqualTo(1e-10f);
        assertThat(Dsl.asinh(-1e30f)).isCloseTo(-69.770693f, within(1e-5f));
        assertThat(Dsl.asinh(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Dsl.acosh(1)).isZero();
        assertThat(Dsl.acosh(0.5f)).isNaN();
        assertThat(Dsl.acosh(-1e30f)).isNaN();
        assertThat(Dsl.acosh(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Dsl.atanh(1)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Dsl.atanh(1.5f)).isNaN();
    }

    @Test
    void roundTakesTheEvenOfTwo() {
        assertThat(Dsl.round(0.5f)).isZero();
        assertThat(Dsl.round(1.5f)).isEqualTo(2);
        assertThat(Dsl.round(2.5f)).isEqualTo(2);
        assertThat(Dsl.round(-1.5f)).isEqualTo(-2);
        assertThat(Dsl.floor(-0.5f)).isEqualTo(-1);
        assertThat(Dsl.ceil(0.2f)).isEqualTo(1);
    }

    @Test
    void otherFunctionsAreThoseTheirNamesSay() {
        float x = 0.7f;
        assertThat(Dsl.exp(x)).isEqualTo((float) Math.exp(x));
        assertThat(Dsl.expm1(1e-8f)).isEqualTo(1e-8f);
        assertThat(Dsl.log(x)).isEqualTo((float) Math.log(x));
        assertThat(Dsl.log1p(1e-8f)).isEqualTo(1e-8f);
        assertThat(Dsl.sqrt(2)).isEqualTo((float) Math.sqrt(2));
        assertThat(Dsl.pow(3, -2)).isEqualTo(1 / 9f);
        assertThat(Dsl.sin(x)).isEqualTo((float) Math.sin(x));
        assertThat(Dsl.cos(x)).isEqualTo((float) Math.cos(x));
        assertThat(Dsl.tan(x)).isEqualTo((float) Math.tan(x));
        assertThat(Dsl.asin(x)).isEqualTo((float) Math.asin(x));
        assertThat(Dsl.acos(x)).isEqualTo((float) Math.acos(x));
        assertThat(Dsl.atan(x)).isEqualTo((float) Math.atan(x));
        assertThat(Dsl.isNaN(Float.NaN)).isTrue();
        assertThat(Dsl.isInfinite(Float.NaN)).isFalse();
        assertThat(Dsl.isInfinite(Float.NEGATIVE_INFINITY)).isTrue();
    }
}

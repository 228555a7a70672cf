package dev.woodpecker.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Arithmetic, elementary functions, comparison, logic, bits and conversion: elements to an element. */
class ElementwiseTest {

    private static final Offset<Float> NEARLY = within(1e-6f);

    @Test
    void arithmeticOnFloats() {
        assertThat(Arithmetic.add(1.5f, 2)).isEqualTo(3.5f);
        assertThat(Arithmetic.subtract(1.5f, 2)).isEqualTo(-0.5f);
        assertThat(Arithmetic.multiply(1.5f, 2)).isEqualTo(3);
        assertThat(Arithmetic.divide(3f, 2)).isEqualTo(1.5f);
        assertThat(Arithmetic.divide(1f, 0)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Arithmetic.modulo(-4.3f, 2.1f, 1)).isCloseTo(-0.1f, NEARLY);
        assertThat(Arithmetic.modulo(-4.5f, 2f, 0)).isEqualTo(1.5f);
        assertThat(Arithmetic.modulo(4.5f, -2f, 0)).isEqualTo(-1.5f);
        assertThat(Arithmetic.modulo(-4f, 2f, 0)).isZero();
        assertThat(Arithmetic.maximum(1f, Float.NaN)).isNaN();
        assertThat(Arithmetic.minimum(1f, 2f)).isEqualTo(1);
    }

    @Test
    void arithmeticOnIntegers() {
        assertThat(Arithmetic.add(1L << 40, 1L)).isEqualTo((1L << 40) + 1);
        assertThat(Arithmetic.subtract(1L, 2L)).isEqualTo(-1);
        assertThat(Arithmetic.multiply(3L, -2L)).isEqualTo(-6);
        assertThat(Arithmetic.divide(-7L, 2L)).isEqualTo(-3);
        assertThat(Arithmetic.modulo(-4L, 3L, 0)).isEqualTo(2);
        assertThat(Arithmetic.modulo(-4L, 3L, 1)).isEqualTo(-1);
        assertThat(Arithmetic.modulo(4L, -3L, 0)).isEqualTo(-2);
        assertThat(Arithmetic.maximum(3L, 5L)).isEqualTo(5);
        assertThat(Arithmetic.minimum(3L, 5L)).isEqualTo(3);
    }

    @Test
    void powersOfAllTypes() {
        assertThat(Arithmetic.power(2f, 0.5f)).isCloseTo(1.4142135f, NEARLY);
        assertThat(Arithmetic.power(-2f, 3L)).isEqualTo(-8);
        assertThat(Arithmetic.power(2L, 1.5f)).isEqualTo(2);
        assertThat(Arithmetic.power(5L, 3L)).isEqualTo(125);
    }

    @Test
    void clipHoldsBetweenItsBounds() {
        assertThat(Arithmetic.clip(-3f, -1, 1)).isEqualTo(-1);
        assertThat(Arithmetic.clip(3f, -1, 1)).isEqualTo(1);
        assertThat(Arithmetic.clip(0.5f, -1, 1)).isEqualTo(0.5f);
        assertThat(Arithmetic.clip(0f, 2, 1)).isEqualTo(1);
        assertThat(Arithmetic.clip(9L, 2L, 5L)).isEqualTo(5);
        assertThat(Arithmetic.clip(1L, 2L, 5L)).isEqualTo(2);
    }

    @Test
    void elementaryFunctions() {
        assertThat(ElementaryFunctions.exp(1)).isCloseTo(2.7182817f, NEARLY);
        assertThat(ElementaryFunctions.log(2)).isCloseTo(0.6931472f, NEARLY);
        assertThat(ElementaryFunctions.sqrt(9)).isEqualTo(3);
        assertThat(ElementaryFunctions.erf(0.5f)).isCloseTo(0.5204999f, NEARLY);
        assertThat(ElementaryFunctions.sin(1)).isCloseTo(0.8414710f, NEARLY);
        assertThat(ElementaryFunctions.cos(1)).isCloseTo(0.5403023f, NEARLY);
        assertThat(ElementaryFunctions.tan(1)).isCloseTo(1.5574077f, NEARLY);
        assertThat(ElementaryFunctions.asin(0.5f)).isCloseTo(0.5235988f, NEARLY);
        assertThat(ElementaryFunctions.acos(0.5f)).isCloseTo(1.0471976f, NEARLY);
        assertThat(ElementaryFunctions.atan(1)).isCloseTo(0.7853982f, NEARLY);
        assertThat(ElementaryFunctions.sinh(1)).isCloseTo(1.1752012f, NEARLY);
        assertThat(ElementaryFunctions.cosh(1)).isCloseTo(1.5430806f, NEARLY);
        assertThat(ElementaryFunctions.asinh(1)).isCloseTo(0.8813736f, NEARLY);
        assertThat(ElementaryFunctions.acosh(2)).isCloseTo(1.3169579f, NEARLY);
        assertThat(ElementaryFunctions.atanh(0.5f)).isCloseTo(0.5493061f, NEARLY);
        assertThat(ElementaryFunctions.floor(-1.5f)).isEqualTo(-2);
        assertThat(ElementaryFunctions.ceil(-1.5f)).isEqualTo(-1);
        assertThat(ElementaryFunctions.round(2.5f)).isEqualTo(2);
        assertThat(ElementaryFunctions.reciprocal(4)).isEqualTo(0.25f);
        assertThat(ElementaryFunctions.abs(-4f)).isEqualTo(4);
        assertThat(ElementaryFunctions.abs(-4L)).isEqualTo(4);
        assertThat(ElementaryFunctions.negate(4f)).isEqualTo(-4);
        assertThat(ElementaryFunctions.negate(4L)).isEqualTo(-4);
        assertThat(ElementaryFunctions.sign(-0.1f)).isEqualTo(-1);
        assertThat(ElementaryFunctions.sign(0f)).isZero();
        assertThat(ElementaryFunctions.sign(Float.NaN)).isNaN();
        assertThat(ElementaryFunctions.sign(7L)).isEqualTo(1);
        assertThat(ElementaryFunctions.sign(-7L)).isEqualTo(-1);
        assertThat(ElementaryFunctions.sign(0L)).isZero();
    }

    @Test
    void comparisons() {
        assertThat(Comparison.equal(1f, 1f)).isTrue();
        assertThat(Comparison.equal(Float.NaN, Float.NaN)).isFalse();
        assertThat(Comparison.equal(1L << 60, (1L << 60) + 1)).isFalse();
        assertThat(Comparison.equal(false, false)).isTrue();
        assertThat(Comparison.less(1f, 2f)).isTrue();
        assertThat(Comparison.less(2L, 2L)).isFalse();
        assertThat(Comparison.lessOrEqual(2f, 2f)).isTrue();
        assertThat(Comparison.lessOrEqual(3L, 2L)).isFalse();
        assertThat(Comparison.greater(2f, 1f)).isTrue();
        assertThat(Comparison.greater(2L, 2L)).isFalse();
        assertThat(Comparison.greaterOrEqual(1f, 2f)).isFalse();
        assertThat(Comparison.greaterOrEqual(2L, 2L)).isTrue();
        assertThat(Comparison.isNaN(Float.NaN)).isTrue();
        assertThat(Comparison.isNaN(0)).isFalse();
        assertThat(Comparison.isInfinite(Float.POSITIVE_INFINITY, 1, 1)).isTrue();
        assertThat(Comparison.isInfinite(Float.POSITIVE_INFINITY, 1, 0)).isFalse();
        assertThat(Comparison.isInfinite(Float.NEGATIVE_INFINITY, 0, 1)).isFalse();
        assertThat(Comparison.isInfinite(Float.NEGATIVE_INFINITY, 1, 0)).isTrue();
        assertThat(Comparison.isInfinite(1, 1, 1)).isFalse();
    }

    @Test
    void logic() {
        assertThat(Logic.and(true, false)).isFalse();
        assertThat(Logic.or(true, false)).isTrue();
        assertThat(Logic.exclusiveOr(true, true)).isFalse();
        assertThat(Logic.not(false)).isTrue();
        assertThat(Logic.where(true, 1f, 2f)).isEqualTo(1);
        assertThat(Logic.where(false, 1L, 2L)).isEqualTo(2);
        assertThat(Logic.where(false, true, false)).isFalse();
    }

    @Test
    void bits() {
        assertThat(BitOperations.and(0b1100, 0b1010)).isEqualTo(0b1000);
        assertThat(BitOperations.or(0b1100, 0b1010)).isEqualTo(0b1110);
        assertThat(BitOperations.exclusiveOr(0b1100, 0b1010)).isEqualTo(0b0110);
        assertThat(BitOperations.not(0)).isEqualTo(-1);
        assertThat(BitOperations.shift(3, 2, 0)).isEqualTo(12);
        assertThat(BitOperations.shift(12, 2, 1)).isEqualTo(3);
        assertThat(BitOperations.shift(-1L, 63, 1)).isEqualTo(1);
    }

    @Test
    void conversions() {
        assertThat(Conversion.toFloat(1.5f)).isEqualTo(1.5f);
        assertThat(Conversion.toFloat(3L)).isEqualTo(3);
        assertThat(Conversion.toFloat(true)).isEqualTo(1);
        assertThat(Conversion.toInteger(-1.9f)).isEqualTo(-1);
        assertThat(Conversion.toInteger(1L << 40)).isEqualTo(1L << 40);
        assertThat(Conversion.toInteger(false)).isZero();
        assertThat(Conversion.toMask(-0.5f)).isTrue();
        assertThat(Conversion.toMask(0f)).isFalse();
        assertThat(Conversion.toMask(2L)).isTrue();
        assertThat(Conversion.toMask(true)).isTrue();
    }
}

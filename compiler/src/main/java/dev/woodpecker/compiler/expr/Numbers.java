package dev.woodpecker.compiler.expr;

import java.util.Map;

/** Numbers in kernel text. Integers have digits only; floats a point, an exponent or the suffix {@code f}. */
final class Numbers {
    static final Map<String, Double> CONSTANTS = Map.of(
            "Float.NaN", Double.NaN,
            "Float.POSITIVE_INFINITY", Double.POSITIVE_INFINITY,
            "Float.NEGATIVE_INFINITY", Double.NEGATIVE_INFINITY);

    private Numbers() {}

    /** As short as exact: {@code 0.5f} if the value is a {@code float}'s, else a {@code double}'s text. */
    static String printFloat(double value) {
        if (Double.isNaN(value)) {
            return "Float.NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "Float.POSITIVE_INFINITY" : "Float.NEGATIVE_INFINITY";
        }
        float narrow = (float) value;
        return narrow == value ? withoutZeroFraction(Float.toString(narrow)) + "f" : Double.toString(value);
    }

    /** An entry of a table, whose type says what it is: the suffix only where the digits alone would be another value. */
    static String printEntry(double value) {
        float narrow = (float) value;
        if (narrow != value) {
            return withoutZeroFraction(Double.toString(value));
        }
        String digits = withoutZeroFraction(Float.toString(narrow));
        return Double.parseDouble(digits) == value ? digits : digits + "f";
    }

    private static String withoutZeroFraction(String digits) {
        return digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits;
    }

    static boolean isFloat(String number) {
        return number.endsWith("f") || number.indexOf('.') >= 0 || number.indexOf('E') >= 0;
    }

    static double parseFloat(String number) {
        return number.endsWith("f") ? Float.parseFloat(number) : Double.parseDouble(number);
    }
}

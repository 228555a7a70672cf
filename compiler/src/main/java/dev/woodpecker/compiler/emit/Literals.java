package dev.woodpecker.compiler.emit;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;

/** Constants as C spells them, each read back to the very same bits. */
final class Literals {
    private Literals() {}

    /** {@code value} in {@code type}, a float or an integer given as a double. */
    static String real(double value, DType type) {
        if (!type.isFloat()) {
            return integer(Arithmetic.wrap(type, (long) value), type);
        }
        double rounded = Arithmetic.round(type, value);
        boolean single = type != DType.F64;
        if (Double.isNaN(rounded)) {
            return single ? "NAN_F32" : "NAN_F64";
        }
        if (Double.isInfinite(rounded)) {
            return (rounded < 0 ? "-" : "") + (single ? "INFINITY_F32" : "INFINITY_F64");
        }
        // Java's shortest text that reads back equal does so in C too.
        String digits = single ? Float.toString((float) rounded) + "f" : Double.toString(rounded);
        return digits.replace('E', 'e');
    }

    static String integer(long value, DType type) {
        return switch (type) {
            case I8, U8, I16, U16, BOOL -> Long.toString(value);
            case I32 -> value == Integer.MIN_VALUE ? "(-2147483647 - 1)" : Long.toString(value);
            case U32 -> value + "u";
            case U64 -> Long.toUnsignedString(value) + "ull";
            case I64 -> wide(value);
            case F64, F32, F16, BF16, TF32 -> throw new IllegalArgumentException(type.text());
        };
    }

    private static String wide(long value) {
        if (value == Long.MIN_VALUE) {
            return "(-9223372036854775807ll - 1)";
        }
        return value == (int) value ? Long.toString(value) : value + "ll";
    }
}

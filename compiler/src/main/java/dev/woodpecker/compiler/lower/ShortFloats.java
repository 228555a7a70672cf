package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;

/** Conversions between {@code F32} and 16-bit floats by integer operations, rounding to nearest even. */
record ShortFloats(MathBuilder m) {
    private Expr bitsOf(Expr shortFloat) {
        return new Expr.Cast(DType.I32, new Expr.Bitcast(DType.U16, shortFloat));
    }

    private Expr ofBits(DType type, Expr bits) {
        return new Expr.Bitcast(type, new Expr.Cast(DType.U16, bits));
    }

    private Expr less(Expr a, long b) {
        return new Expr.Binary(BinaryOp.LT, a, m.integer(b));
    }

    Expr fromBf16(Expr x) {
        return m.ofBits(m.shiftLeft(bitsOf(x), 16));
    }

    Expr toBf16(Expr value) {
        Expr x = m.let("x", value);
        Expr bits = m.let("bits", m.bits(x));
        Expr odd = m.and(m.shiftRight(bits, 16), m.integer(1));
        // Of a number the sum does not wrap; a NaN stays one by its quiet bit.
        Expr rounded = m.shiftRight(m.add(bits, m.add(odd, m.integer(0x7fff))), 16);
        Expr quiet = m.or(m.shiftRight(bits, 16), m.integer(0x40));
        return ofBits(DType.BF16, m.select(m.isNaN(x), quiet, rounded));
    }

    Expr fromHalf(Expr x) {
        Expr bits = m.let("bits", bitsOf(x));
        Expr sign = m.shiftLeft(m.and(bits, m.integer(0x8000)), 16);
        Expr magnitude = m.let("magnitude", m.and(bits, m.integer(0x7fff)));
        Expr shifted = m.let("shifted", m.shiftLeft(magnitude, 13));
        Expr normal = m.add(shifted, m.integer(112 << 23));
        Expr special = m.or(shifted, m.integer(0x7f800000));
        Expr subnormal = m.bits(m.mul(m.toFloat(magnitude), 0x1p-24));
        Expr value = m.select(less(magnitude, 0x400), subnormal, m.select(less(magnitude, 0x7c00), normal, special));
        return m.ofBits(m.or(value, sign));
    }

    /** After F. Giesen, "float_to_half_fast3". */
    Expr toHalf(Expr value) {
        Expr bits = m.let("bits", m.bits(value));
        Expr magnitude = m.let("magnitude", m.and(bits, m.integer(0x7fffffff)));
        Expr sign = m.and(m.shiftRight(bits, 16), m.integer(0x8000));
        Expr special = m.select(less(magnitude, 0x7f800001L), m.integer(0x7c00), m.integer(0x7e00));
        // Adding 0.5 shifts the significand of a subnormal result into place, rounded.
        Expr subnormal = m.sub(m.bits(m.add(m.ofBits(magnitude), 0.5)), m.integer(0x3f000000));
        Expr odd = m.and(m.shiftRight(magnitude, 13), m.integer(1));
        Expr normal = m.shiftRight(m.add(m.add(magnitude, m.integer(0xfff - (112 << 23))), odd), 13);
        Expr half = m.select(
                less(magnitude, 0x47800000), m.select(less(magnitude, 0x38800000), subnormal, normal), special);
        return ofBits(DType.F16, m.or(half, sign));
    }
}

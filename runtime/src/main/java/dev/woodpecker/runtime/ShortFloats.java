package dev.woodpecker.runtime;

/** Conversions to and from bfloat16, and from double to the 16-bit floats with one rounding, to nearest even. */
final class ShortFloats {

    private ShortFloats() {}

    static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    static short toBfloat16(double value) {
        if (Double.isNaN(value)) {
            return (short) 0x7FC0;
        }
        int bits = Float.floatToRawIntBits(toOdd(value));
        // Half of the last place kept, less one unless that place is odd: ties go to even.
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    static short toFloat16(double value) {
        return Float.floatToFloat16(toOdd(value));
    }

    /**
     * The value as a float whose last bit is set if anything was lost: rounding that again to at most 22 bits gives what
     * rounding once would (Boldo and Melquiond, "When double rounding is odd", 2005).
     */
    private static float toOdd(double value) {
        float nearest = (float) value;
        if (nearest == value || Double.isNaN(value)) {
            return nearest;
        }
        int bits = Float.floatToRawIntBits(nearest);
        if (Math.abs((double) nearest) > Math.abs(value)) {
            bits--;
        }
        return Float.intBitsToFloat(bits | 1);
    }
}

package dev.woodpecker.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.woodpecker.compiler.ir.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads and writes single elements of each type. Memory may be unaligned: weights lie anywhere in a model file. */
final class Elements {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private Elements() {}

    /** The element as the nearest {@code double}: exact but for 64-bit integers beyond 2^53. */
    static double readDouble(MemorySegment memory, DType type, long index) {
        return switch (type) {
            case F64 -> memory.get(DOUBLE, index * 8);
            case F32, TF32 -> memory.get(FLOAT, index * 4);
            case F16 -> Float.float16ToFloat(memory.get(SHORT, index * 2));
            case BF16 -> ShortFloats.bfloat16ToFloat(memory.get(SHORT, index * 2));
            case I8, U8, I16, U16, I32, U32, I64, BOOL -> readLong(memory, type, index);
            case U64 -> unsignedToDouble(readLong(memory, type, index));
        };
    }

    /** The element as a {@code long}: floats are cut towards zero, {@code u64} keeps its 64 bits, true is 1. */
    static long readLong(MemorySegment memory, DType type, long index) {
        return switch (type) {
            case F64, F32, TF32, F16, BF16 -> (long) readDouble(memory, type, index);
            case I8 -> memory.get(JAVA_BYTE, index);
            case U8 -> memory.get(JAVA_BYTE, index) & 0xFF;
            case BOOL -> memory.get(JAVA_BYTE, index) != 0 ? 1 : 0;
            case I16 -> memory.get(SHORT, index * 2);
            case U16 -> memory.get(SHORT, index * 2) & 0xFFFF;
            case I32 -> memory.get(INT, index * 4);
            case U32 -> memory.get(INT, index * 4) & 0xFFFF_FFFFL;
            case I64, U64 -> memory.get(LONG, index * 8);
        };
    }

    /** Rounds to nearest even for the short floats; for integers cuts towards zero and keeps the low bits. */
    static void write(MemorySegment memory, DType type, long index, double value) {
        switch (type) {
            case F64 -> memory.set(DOUBLE, index * 8, value);
            case F32, TF32 -> memory.set(FLOAT, index * 4, (float) value);
            case F16 -> memory.set(SHORT, index * 2, ShortFloats.toFloat16(value));
            case BF16 -> memory.set(SHORT, index * 2, ShortFloats.toBfloat16(value));
            case BOOL -> memory.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case U64 -> write(memory, type, index, doubleToUnsigned(value));
            case I8, U8, I16, U16, I32, U32, I64 -> write(memory, type, index, (long) value);
        }
    }

    /** Keeps the low bits, as a C cast does; floats are rounded to nearest even. */
    static void write(MemorySegment memory, DType type, long index, long value) {
        switch (type) {
            case F32, TF32 -> memory.set(FLOAT, index * 4, (float) value);
            case F64, F16, BF16 -> write(memory, type, index, (double) value);
            case I8, U8 -> memory.set(JAVA_BYTE, index, (byte) value);
            case BOOL -> memory.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case I16, U16 -> memory.set(SHORT, index * 2, (short) value);
            case I32, U32 -> memory.set(INT, index * 4, (int) value);
            case I64, U64 -> memory.set(LONG, index * 8, value);
        }
    }

    private static double unsignedToDouble(long bits) {
        // The low bit is kept as a sticky bit, so that halving does not round twice.
        return bits >= 0 ? bits : (double) (bits >>> 1 | bits & 1) * 2;
    }

    private static long doubleToUnsigned(double value) {
        double half = 0x1p63;
        return value >= half ? (long) (value - half) + Long.MIN_VALUE : (long) value;
    }
}

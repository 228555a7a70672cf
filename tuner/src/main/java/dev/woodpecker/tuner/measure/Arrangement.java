package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Where the elements of a tensor lie in memory. Each axis adds its own part to an element's offset, so that a table an axis
 * says it all.
 */
final class Arrangement {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE;

    private final DType type;
    private final long[] extents;
    private final long[][] parts;
    private final long slots;

    private Arrangement(DType type, long[] extents, long[][] parts, long slots) {
        this.type = type;
        this.extents = extents;
        this.parts = parts;
        this.slots = slots;
    }

    static Arrangement of(DType type, List<Long> shape, LayoutMap layout) {
        long[] extents = shape.stream().mapToLong(Long::longValue).toArray();
        long[][] parts = new long[extents.length][];
        for (int axis = 0; axis < extents.length; axis++) {
            parts[axis] = new long[Math.toIntExact(extents[axis])];
        }
        long stride = 1;
        for (LayoutMap.Dimension d : layout.dimensions().reversed()) {
            for (int i = 0; i < parts[d.axis()].length; i++) {
                long step = i / d.divisor();
                parts[d.axis()][i] += stride * (d.modulus() > 0 ? step % d.modulus() : step);
            }
            stride *= d.size(extents[d.axis()]);
        }
        return new Arrangement(type, extents, parts, stride);
    }

    static Arrangement rowMajor(DType type, List<Long> shape) {
        return of(type, shape, LayoutMap.rowMajor(shape.size()));
    }

    DType type() {
        return type;
    }

    /** The memory that the tensor takes, padding included. */
    long bytes() {
        return slots * type.bytes();
    }

    /** How many elements it has, without padding. */
    long elements() {
        long product = 1;
        for (long extent : extents) {
            product *= extent;
        }
        return product;
    }

    /** Where an element lies, counted in elements, by its row-major position. */
    long offset(long position) {
        long rest = position;
        long offset = 0;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            offset += parts[axis][(int) (rest % extents[axis])];
            rest /= extents[axis];
        }
        return offset;
    }

    /** Is shown each element. */
    interface Visitor {
        /** False ends the walk. */
        boolean visit(long position, long offset);
    }

    /** Shows the elements in row-major order. */
    void forEach(Visitor visitor) {
        if (extents.length == 0) {
            visitor.visit(0, 0);
            return;
        }
        long[] last = parts[extents.length - 1];
        long rows = last.length == 0 ? 0 : elements() / last.length;
        for (long row = 0; row < rows; row++) {
            long first = row * last.length;
            long start = offset(first);
            for (int i = 0; i < last.length; i++) {
                if (!visitor.visit(first + i, start + last[i])) {
                    return;
                }
            }
        }
    }

    /** Lets {@code memory}, which holds zeros, be the input that {@code range} defines. */
    void fill(MemorySegment memory, InputRange range, int input) {
        forEach((position, offset) -> {
            if (type.isFloat()) {
                setReal(memory, offset, InputRange.real(input, type, position));
            } else {
                setInteger(memory, offset, range.integer(input, type, position));
            }
            return true;
        });
    }

    /** Lets {@code memory}, which holds zeros, hold the elements of {@code rowMajor}. */
    void copy(MemorySegment rowMajor, MemorySegment memory) {
        long bytes = type.bytes();
        forEach((position, offset) -> {
            MemorySegment.copy(rowMajor, position * bytes, memory, offset * bytes, bytes);
            return true;
        });
    }

    double real(MemorySegment memory, long offset) {
        return switch (type) {
            case F64 -> memory.getAtIndex(F64, offset);
            case F32, TF32 -> memory.getAtIndex(F32, offset);
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, offset));
            case BF16 -> Arithmetic.bf16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, offset));
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL -> throw new IllegalStateException("no float: " + type);
        };
    }

    private void setReal(MemorySegment memory, long offset, double value) {
        switch (type) {
            case F64 -> memory.setAtIndex(F64, offset, value);
            case F32, TF32 -> memory.setAtIndex(F32, offset, (float) value);
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, offset, Float.floatToFloat16((float) value));
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, offset, Arithmetic.floatToBf16((float) value));
            case I8, U8, I16, U16, I32, U32, I64, U64, BOOL -> throw new IllegalStateException("no float: " + type);
        }
    }

    /** Sign- or zero-extended. */
    long integer(MemorySegment memory, long offset) {
        long raw = switch (type.bytes()) {
            case 1 -> memory.get(ValueLayout.JAVA_BYTE, offset);
            case 2 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, offset);
            case 4 -> memory.getAtIndex(ValueLayout.JAVA_INT, offset);
            default -> memory.getAtIndex(ValueLayout.JAVA_LONG, offset);
        };
        // A byte that is neither 0 nor 1 is no boolean, and must not look like one.
        return type == DType.BOOL ? raw : Arithmetic.wrap(type, raw);
    }

    private void setInteger(MemorySegment memory, long offset, long value) {
        switch (type.bytes()) {
            case 1 -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            case 2 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, offset, (short) value);
            case 4 -> memory.setAtIndex(ValueLayout.JAVA_INT, offset, (int) value);
            default -> memory.setAtIndex(ValueLayout.JAVA_LONG, offset, value);
        }
    }
}

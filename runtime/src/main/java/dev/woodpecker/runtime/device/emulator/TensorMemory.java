package dev.woodpecker.runtime.device.emulator;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Tensors in the order of their elements to memory laid out as a buffer says, and back. */
public final class TensorMemory {
    private TensorMemory() {}

    /** @throws IllegalArgumentException if an extent is known at run time only */
    public static long[] extents(List<Expr> shape) {
        return shape.stream()
                .mapToLong(e -> IndexMath.constant(e)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "extent " + e + " is known at run time only; specialise the kernel for it")))
                .toArray();
    }

    /** What a buffer takes, padding included. */
    public static long bytes(Buffer buffer) {
        return buffer.layout().elements(extents(buffer.shape())) * buffer.type().bytes();
    }

    /** Writes a tensor; padding becomes zeros. */
    public static void write(HostTensor tensor, LayoutMap layout, MemorySegment memory) {
        memory.fill((byte) 0);
        long[] index = new long[tensor.rank()];
        for (int i = 0; i < tensor.elements(); i++) {
            put(tensor, i, memory, offset(layout, index, tensor.shape()));
            advance(index, tensor.shape());
        }
    }

    /** Reads the tensor that a buffer holds. */
    public static HostTensor read(Buffer buffer, MemorySegment memory) {
        long[] shape = extents(buffer.shape());
        int elements = HostTensor.zeros(buffer.type(), shape).elements();
        double[] reals = new double[elements];
        long[] integers = new long[elements];
        long[] index = new long[shape.length];
        for (int i = 0; i < elements; i++) {
            long at = offset(buffer.layout(), index, shape);
            if (buffer.type().isFloat()) {
                reals[i] = real(buffer.type(), memory, at);
            } else {
                integers[i] = integer(buffer.type(), memory, at);
            }
            advance(index, shape);
        }
        return buffer.type().isFloat()
                ? HostTensor.ofReals(buffer.type(), reals, shape)
                : HostTensor.ofIntegers(buffer.type(), integers, shape);
    }

    private static long offset(LayoutMap layout, long[] index, long[] shape) {
        long offset = 0;
        for (LayoutMap.Dimension d : layout.dimensions()) {
            long step = index[d.axis()] / d.divisor();
            offset = offset * d.size(shape[d.axis()]) + (d.modulus() > 0 ? step % d.modulus() : step);
        }
        return offset;
    }

    private static void advance(long[] index, long[] shape) {
        for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
            index[axis] = 0;
        }
    }

    private static void put(HostTensor tensor, int i, MemorySegment memory, long at) {
        switch (tensor.type()) {
            case F64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, tensor.real(i));
            case F32, TF32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) tensor.real(i));
            case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Float.floatToFloat16((float) tensor.real(i)));
            case BF16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Arithmetic.floatToBf16((float) tensor.real(i)));
            case I8, U8, BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) tensor.integer(i));
            case I16, U16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, (short) tensor.integer(i));
            case I32, U32 -> memory.setAtIndex(ValueLayout.JAVA_INT, at, (int) tensor.integer(i));
            case I64, U64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, at, tensor.integer(i));
        }
    }

    private static double real(DType type, MemorySegment memory, long at) {
        return switch (type) {
            case F64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
            case F32, TF32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
            case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case BF16 -> Arithmetic.bf16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case I8, U8, BOOL, I16, U16, I32, U32, I64, U64 -> throw new IllegalArgumentException(type.text());
        };
    }

    private static long integer(DType type, MemorySegment memory, long at) {
        long bits = switch (type) {
            case I8, U8, BOOL -> memory.get(ValueLayout.JAVA_BYTE, at);
            case I16, U16 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, at);
            case I32, U32 -> memory.getAtIndex(ValueLayout.JAVA_INT, at);
            case I64, U64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, at);
            case F64, F32, F16, BF16, TF32 -> throw new IllegalArgumentException(type.text());
        };
        return Arithmetic.wrap(type, bits);
    }
}

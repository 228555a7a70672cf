package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import java.util.Arrays;

/**
 * A tensor for the interpreter, in row-major order: floats of every type as exact {@code double}s, integers and booleans
 * as {@code long}s, sign- or zero-extended ({@code U64} as its 64 bits).
 */
public final class HostTensor {
    private final DType type;
    private final long[] shape;
    private final double[] reals;
    private final long[] integers;

    private HostTensor(DType type, long[] shape, double[] reals, long[] integers) {
        this.type = type;
        this.shape = shape;
        this.reals = reals;
        this.integers = integers;
    }

    /** A tensor of zeros. */
    public static HostTensor zeros(DType type, long... shape) {
        int elements = count(shape);
        return type.isFloat()
                ? new HostTensor(type, shape.clone(), new double[elements], new long[0])
                : new HostTensor(type, shape.clone(), new double[0], new long[elements]);
    }

    /** A tensor of these values, rounded to {@code type}, a float type. */
    public static HostTensor ofReals(DType type, double[] values, long... shape) {
        HostTensor tensor = zeros(type, shape);
        tensor.requireFilled(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.reals[i] = Arithmetic.round(type, values[i]);
        }
        return tensor;
    }

    /** An fp32 tensor. */
    public static HostTensor of(float[] values, long... shape) {
        HostTensor tensor = zeros(DType.F32, shape);
        tensor.requireFilled(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.reals[i] = values[i];
        }
        return tensor;
    }

    /** A tensor of these values, wrapped to {@code type}, an integer type or {@code BOOL}. */
    public static HostTensor ofIntegers(DType type, long[] values, long... shape) {
        HostTensor tensor = zeros(type, shape);
        tensor.requireFilled(values.length);
        for (int i = 0; i < values.length; i++) {
            tensor.integers[i] = Arithmetic.wrap(type, values[i]);
        }
        return tensor;
    }

    public DType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    public int rank() {
        return shape.length;
    }

    /** The number of elements. */
    public int elements() {
        return type.isFloat() ? reals.length : integers.length;
    }

    /** A float element by its row-major position. */
    public double real(int position) {
        return reals[position];
    }

    /** An integer or boolean element by its row-major position. */
    public long integer(int position) {
        return integers[position];
    }

    /** A copy of the elements as floats, whatever their type. */
    public float[] toFloats() {
        float[] values = new float[elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.isFloat() ? (float) reals[i] : integers[i];
        }
        return values;
    }

    /** A copy of integer or boolean elements. */
    public long[] toLongs() {
        return integers.clone();
    }

    void set(int position, double value) {
        reals[position] = value;
    }

    void set(int position, long value) {
        integers[position] = value;
    }

    /** Bit for bit the same; all NaNs are one. */
    @Override
    public boolean equals(Object other) {
        return other instanceof HostTensor t
                && type == t.type
                && Arrays.equals(shape, t.shape)
                && Arrays.equals(reals, t.reals)
                && Arrays.equals(integers, t.integers);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(shape) * 31 + Arrays.hashCode(reals) + Arrays.hashCode(integers);
    }

    @Override
    public String toString() {
        return type.text()
                + Arrays.toString(shape)
                + (type.isFloat() ? Arrays.toString(reals) : Arrays.toString(integers));
    }

    private void requireFilled(int values) {
        if (values != elements()) {
            throw new IllegalArgumentException(values + " values do not fill shape " + Arrays.toString(shape));
        }
    }

    private static int count(long[] shape) {
        long product = 1;
        for (long extent : shape) {
            product = Math.multiplyExact(product, extent);
        }
        return Math.toIntExact(product);
    }
}

package dev.woodpecker.compiler.ir;

import java.util.Arrays;

/** A constant array of the kernel's source, in row-major order; its values are exact in its type. Immutable. */
public final class Table {
    private final String name;
    private final DType type;
    private final int[] shape;
    private final double[] values;

    public Table(String name, DType type, int[] shape, double[] values) {
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        this.values = values.clone();
    }

    public String name() {
        return name;
    }

    public DType type() {
        return type;
    }

    public int[] shape() {
        return shape.clone();
    }

    public double[] values() {
        return values.clone();
    }

    /** The entry at a row-major position. */
    public double valueAt(int position) {
        return values[position];
    }

    public int rank() {
        return shape.length;
    }

    public int size(int axis) {
        return shape[axis];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Table t
                && name.equals(t.name)
                && type == t.type
                && Arrays.equals(shape, t.shape)
                && Arrays.equals(values, t.values);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return name + Arrays.toString(shape);
    }

    /** Every value of an integer table; {@link Interval#ALL} of one of floats. */
    Interval range() {
        if (type.isFloat()) {
            return Interval.ALL;
        }
        long min = Long.MAX_VALUE;
        long max = Long.MIN_VALUE;
        for (double value : values) {
            min = Math.min(min, (long) value);
            max = Math.max(max, (long) value);
        }
        return values.length == 0 ? Interval.of(type) : new Interval(min, max);
    }
}
